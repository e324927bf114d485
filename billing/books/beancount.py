"""A journal for Beancount (version 3): accounts opened, entries, and balance assertions that `bean-check` tries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import IO

from billing.books.amounts import plain_yuan
from billing.books.journal import Entry, Journal


def write_journal(file: IO[str], journal: Journal) -> None:
    """Write the journal; a debit is positive."""
    file.write(f'option "title" "Suanshi"\noption "operating_currency" "{journal.currency}"\n\n')
    for name in journal.accounts:
        file.write(f"{journal.first} open {name} {journal.currency}\n")
    if any(journal.opening.values()):
        file.write(f'\n{journal.first} * "期初余额 Opening balances"\n')
        for name, balance_fen in journal.opening.items():
            _write_posting(file, name, balance_fen, journal.currency)
    for entry in journal.entries:
        _write_entry(file, entry, journal.currency)
    after: date = journal.last + timedelta(days=1)  # an assertion holds at the start of its day
    file.write("\n")
    for name, balance_fen in journal.closing.items():
        file.write(f"{after} balance {name}  {plain_yuan(balance_fen)} {journal.currency}\n")


def _write_entry(file: IO[str], entry: Entry, currency: str) -> None:
    payee = f"{_text(entry.payee)} " if entry.payee else ""
    file.write(f"\n{entry.day} * {payee}{_text(entry.words)}\n")
    file.write(
        f"  transfers: {entry.transfers}\n  first-transfer: {entry.first_id}\n  last-transfer: {entry.last_id}\n"
    )
    _write_posting(file, entry.debit.name, entry.amount_fen, currency)
    _write_posting(file, entry.credit.name, -entry.amount_fen, currency)


def _write_posting(file: IO[str], name: str, amount_fen: int, currency: str) -> None:
    file.write(f"  {name}  {plain_yuan(amount_fen)} {currency}\n")


def _text(words: str) -> str:
    """Quote a string; it stays on one line."""
    escaped = " ".join(words.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
