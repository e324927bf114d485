"""The tax platform's numbers, read from its answer: all of a file, or nothing of it with every fault by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from billing.fapiao.columns import APPLICATION, ISSUED_ON, NUMBER, TOTAL
from billing.models import Fapiao, Invoice
from billing.money import yuan
from billing.period import BEIJING
from billing.serial import wait_for_turn

FILE_BYTES_MAX = 10 << 20
_HEADS = (APPLICATION, NUMBER, ISSUED_ON, TOTAL)


class UnableToImportNumbers(Exception):
    """A file of numbers that is not taken in; nothing of it was stored."""


class FileUnreadable(UnableToImportNumbers):
    """The file is no CSV text, or too large."""


class HeadsMissing(UnableToImportNumbers):
    """The file lacks a column."""


class LineError(UnableToImportNumbers):
    """A line that cannot be taken in."""


class ApplicationUnknown(LineError):
    """No invoice has this application number."""


class ApplicationTwice(LineError):
    """The file names an application twice."""


class NumberMalformed(LineError):
    """A number of the platform has 20 digits."""


class NumberTaken(LineError):
    """Another invoice has this number, in the file or before."""


class NumberDiffers(LineError):
    """The invoice has another number already."""


class TotalDiffers(LineError):
    """The platform's total is not the invoice's."""


class DateImpossible(LineError):
    """The day is none, before the application, or in the future."""


class LinesRefused(UnableToImportNumbers):
    """Lines that cannot be taken in, all of them: `errors` has (line of the file, error)."""

    def __init__(self, errors: Sequence[tuple[int, LineError]]) -> None:
        """Name each line and what is wrong with it."""
        self.errors = errors
        super().__init__("\n".join(_("Line %(line)s: %(why)s") % {"line": n, "why": error} for n, error in errors))


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What a file brought: numbers stored now, and lines that said what was stored before."""

    stored: int
    known: int


@transaction.atomic
def import_numbers(*, content: bytes, imported_by: str, now: datetime) -> Imported:
    """Store the numbers of a CSV file with the heads 申请号, 数电票号码, 开票日期 and 价税合计（小写）; further columns are left alone.

    UTF-8 or GB 18030. Lines without a number are passed over, so our own file may come back half filled in. The same file
    again changes nothing. Raises FileUnreadable, HeadsMissing, and LinesRefused with every fault.
    """
    wait_for_turn()
    rows = [(line, row) for line, row in _read(content) if row[NUMBER]]
    numbers = [row[APPLICATION] for _line, row in rows]
    invoices = {i.number: i for i in Invoice.objects.filter(kind=Invoice.Kind.INVOICE, number__in=numbers)}
    given = [row[NUMBER] for _line, row in rows]
    taken = dict(Fapiao.objects.filter(number__in=given).values_list("number", "invoice__number"))
    had = dict(Fapiao.objects.filter(invoice__number__in=numbers).values_list("invoice__number", "number"))
    today = now.astimezone(BEIJING).date()
    fresh: dict[str, Fapiao] = {}
    seen: set[str] = set()
    errors: list[tuple[int, LineError]] = []
    for line, row in rows:
        try:
            issued_on = _check(row, invoices.get(row[APPLICATION]), taken, had, today)
            if row[APPLICATION] in seen:
                raise ApplicationTwice(_("The application %s stands in the file twice.") % row[APPLICATION])
        except LineError as error:
            errors.append((line, error))
            continue
        seen.add(row[APPLICATION])
        if row[APPLICATION] not in had:
            taken[row[NUMBER]] = row[APPLICATION]
            fresh[row[APPLICATION]] = Fapiao(
                invoice=invoices[row[APPLICATION]],
                number=row[NUMBER],
                issued_on=issued_on,
                imported_at=now,
                imported_by=imported_by,
            )
    if errors:
        raise LinesRefused(errors)
    Fapiao.objects.bulk_create(fresh.values())
    return Imported(stored=len(fresh), known=len(rows) - len(fresh))


def _read(content: bytes) -> list[tuple[int, Mapping[str, str]]]:
    if len(content) > FILE_BYTES_MAX:
        raise FileUnreadable(_("The file is larger than 10 MB. Split it."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise FileUnreadable(_("The file is no CSV text. Save the sheet as CSV and try again.")) from error
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [head for head in _HEADS if head not in (reader.fieldnames or ())]
        if missing:
            raise HeadsMissing(_("The first line lacks the columns %s.") % "、".join(missing))
        return [(reader.line_num, {head: (row[head] or "").strip() for head in _HEADS}) for row in reader]
    except csv.Error as error:
        raise FileUnreadable(_("The file is no CSV text. Save the sheet as CSV and try again.")) from error


def _check(
    row: Mapping[str, str], invoice: Invoice | None, taken: Mapping[str, str], had: Mapping[str, str], today: date
) -> date:
    """Return the day on which the platform issued it; raises the LineError that applies first."""
    application, number = row[APPLICATION], row[NUMBER]
    if invoice is None:
        raise ApplicationUnknown(_("No invoice has the application number %s.") % application)
    if not re.fullmatch(r"[0-9]{20}", number):
        raise NumberMalformed(
            _("%s is no number of the tax platform. It has 20 digits; keep the cell as text.") % number
        )
    if had.get(application, number) != number:
        raise NumberDiffers(
            _("%(application)s has the number %(number)s already.")
            % {"application": application, "number": had[application]}
        )
    if taken.get(number, application) != application:
        raise NumberTaken(
            _("The number %(number)s belongs to %(application)s.") % {"number": number, "application": taken[number]}
        )
    if _fen(row[TOTAL]) != invoice.total_fen:
        raise TotalDiffers(
            _("The total is %(given)s, that of %(application)s is %(total)s.")
            % {"given": row[TOTAL] or "—", "application": application, "total": yuan(invoice.total_fen)}
        )
    issued_on = _day(row[ISSUED_ON])
    if issued_on is None or not invoice.issued_at.astimezone(BEIJING).date() <= issued_on <= today:
        raise DateImpossible(
            _("%(day)s is no day from the application to today. Write it as 2025-12-01.")
            % {"day": row[ISSUED_ON] or "—"}
        )
    return issued_on


def _fen(text: str) -> int | None:
    try:
        fen = Decimal(text.replace(",", "").removeprefix("¥")) * 100
    except InvalidOperation:
        return None
    return int(fen) if fen.is_finite() and fen == int(fen) else None


def _day(text: str) -> date | None:
    """Read 2025-12-01 or 2025/12/1, with or without a time behind it."""
    match = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T].*)?", text, re.ASCII)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
