"""A journal for hledger: accounts and currency declared, so that `hledger check --strict` tries names, too, and balances."""

from __future__ import annotations

from typing import IO

from billing.books.amounts import plain_yuan
from billing.books.journal import Entry, Journal


def write_journal(file: IO[str], journal: Journal) -> None:
    """Write the journal; a debit is positive."""
    file.write(f"commodity 1000.00 {journal.currency}\n\n")
    for name in journal.accounts:
        file.write(f"account {name}\n")
    if any(journal.opening.values()):
        file.write(f"\n{journal.first} * 期初余额 Opening balances\n")
        for name, balance_fen in journal.opening.items():
            _write_posting(file, name, balance_fen, journal.currency)
    for entry in journal.entries:
        _write_entry(file, entry, journal.currency)
    if journal.closing:
        file.write(f"\n{journal.last} * 期末余额 Closing balances\n")
    for name, balance_fen in journal.closing.items():
        file.write(f"    {name}  0.00 {journal.currency} = {plain_yuan(balance_fen)} {journal.currency}\n")


def _write_entry(file: IO[str], entry: Entry, currency: str) -> None:
    payee = f"{_text(entry.payee)} | " if entry.payee else ""
    file.write(f"\n{entry.day} * {payee}{_text(entry.words)}\n")
    file.write(f"    ; transfers:{entry.transfers}, first-transfer:{entry.first_id}, last-transfer:{entry.last_id}\n")
    _write_posting(file, entry.debit.name, entry.amount_fen, currency)
    _write_posting(file, entry.credit.name, -entry.amount_fen, currency)


def _write_posting(file: IO[str], name: str, amount_fen: int, currency: str) -> None:
    file.write(f"    {name}  {plain_yuan(amount_fen)} {currency}\n")


def _text(words: str) -> str:
    """Keep a description on one line, without what would end it (`;`) or split it (`|`)."""
    return " ".join(words.replace(";", ",").replace("|", "/").split())
