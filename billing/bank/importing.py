"""A statement into the database: all of a file, or nothing of it with every fault by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.bank.camt053 import is_camt053, read_camt053
from billing.bank.statement import (
    DayInFuture,
    LineDiffers,
    ReferenceTwice,
    Statement,
    StatementLine,
)
from billing.bank.statement_csv import read_csv
from billing.models import BankLine, BankStatement
from billing.period import BEIJING
from billing.serial import wait_for_turn
from billing.sheets import BYTES_MAX, LineError, LinesRefused, TooLarge
from matching.changes import record_change


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What a file brought: lines stored now, and lines that were known."""

    stored: int
    known: int


@transaction.atomic
def import_statement(*, content: bytes, file_name: str, imported_by: str, now: datetime) -> Imported:
    """Store the lines of a CSV or CAMT.053 file; those imported before are left alone, so overlapping statements do no harm.

    Raises a SheetError, LinesRefused with every fault of its lines.
    """
    if len(content) > BYTES_MAX:
        raise TooLarge(_("The file is larger than 10 MB. Split it."))
    statement = read_camt053(content) if is_camt053(content) else read_csv(content)
    wait_for_turn()
    known = {
        line.reference: line for line in BankLine.objects.filter(reference__in=[x.reference for x in statement.lines])
    }
    _check(statement.lines, known, now.astimezone(BEIJING).date())
    fresh = [line for line in statement.lines if line.reference not in known]
    if fresh:
        _store(statement, fresh, file_name, imported_by, now)
    return Imported(stored=len(fresh), known=len(statement.lines) - len(fresh))


def _check(lines: Sequence[StatementLine], known: dict[str, BankLine], today: date) -> None:
    errors: list[tuple[int, LineError]] = []
    seen: set[str] = set()
    for line in lines:
        stored = known.get(line.reference)
        if line.reference in seen:
            errors.append((line.line, ReferenceTwice(_("The number %s stands in the file twice.") % line.reference)))
        elif stored is not None and (stored.amount_fen, stored.booked_on) != (line.amount_fen, line.booked_on):
            sentence = _("The line %s was imported before with another amount or day. Ask the bank which one holds.")
            errors.append((line.line, LineDiffers(sentence % line.reference)))
        elif line.booked_on > today:
            errors.append((line.line, DayInFuture(_("%s is in the future.") % line.booked_on)))
        seen.add(line.reference)
    if errors:
        raise LinesRefused(errors)


def _store(
    statement: Statement, fresh: Sequence[StatementLine], file_name: str, imported_by: str, now: datetime
) -> None:
    stored = BankStatement.objects.create(
        file_name=file_name[:200],
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        closing_on=max(line.booked_on for line in statement.lines),
        imported_by=imported_by,
        imported_at=now,
    )
    BankLine.objects.bulk_create(
        BankLine(
            statement=stored,
            reference=line.reference,
            booked_on=line.booked_on,
            amount_fen=line.amount_fen,
            counterparty=line.counterparty,
            counterparty_account=line.counterparty_account,
            text=line.text,
        )
        for line in fresh
    )
    after = {"file_name": stored.file_name, "lines": len(fresh), "closing_fen": statement.closing_fen}
    record_change(who=imported_by, what="bank_statement.import", on=stored, after=after, now=now)
