"""A journal as CSV for any accounting software: one line a side of an entry, with the chart's codes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from typing import IO

from billing.books.amounts import plain_yuan
from billing.books.journal import BookAccount, Entry, Journal

HEADS = (
    "entry", "date", "kind", "description", "account", "account_code", "account_name", "participant", "debit", "credit",
    "currency", "transfers", "first_transfer", "last_transfer",
)  # fmt: skip


def write_journal(file: IO[str], journal: Journal) -> None:
    """Write the journal in UTF-8 with a mark at its start, by which spreadsheets know it; entry 0 has the opening balances."""
    file.write("\ufeff")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(HEADS)
    for name, balance_fen in journal.opening.items():
        if balance_fen:
            head = (0, journal.first, "opening", "期初余额 Opening balances")
            writer.writerow((*head, *_side(journal.accounts[name], balance_fen, journal.currency), "", "", ""))
    for number, entry in enumerate(journal.entries, start=1):
        writer.writerows(_sides(number, entry, journal.currency))


def _sides(number: int, entry: Entry, currency: str) -> Iterator[tuple[int | str | date, ...]]:
    for account, amount_fen in ((entry.debit, entry.amount_fen), (entry.credit, -entry.amount_fen)):
        yield (
            number, entry.day, entry.code, entry.words, *_side(account, amount_fen, currency),
            entry.transfers, entry.first_id, entry.last_id,
        )  # fmt: skip


def _side(account: BookAccount, amount_fen: int, currency: str) -> tuple[str, ...]:
    debit, credit = (plain_yuan(amount_fen), "") if amount_fen > 0 else ("", plain_yuan(-amount_fen))
    return account.name, account.code, account.title, account.participant, debit, credit, currency
