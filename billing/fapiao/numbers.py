"""The tax platform's numbers, read from its answer: all of a file, or nothing of it with every fault by line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.fapiao.columns import APPLICATION, CONFIRMATION, ISSUED_ON, NUMBER, TOTAL
from billing.models import Fapiao, Invoice
from billing.money import yuan
from billing.period import BEIJING
from billing.serial import wait_for_turn
from billing.sheets import AmountMalformed, DayMalformed, LineError, LinesRefused, day_of, fen_of, read_sheet
from matching.changes import Thing, record_change

_REQUIRED = (APPLICATION, NUMBER, ISSUED_ON, TOTAL)
_HEADS = {head: (head,) for head in (*_REQUIRED, CONFIRMATION)}


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


class BlueNumberMissing(LineError):
    """A red letter's number came, but the invoice that it corrects has none."""


class ConfirmationMissing(LineError):
    """A red letter has the platform's number of its confirmation (红字信息确认单编号)."""


class DateImpossible(LineError):
    """The day is none, before the application, or in the future."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What a file brought: numbers stored now, and lines that said what was stored before."""

    stored: int
    known: int


@transaction.atomic
def import_numbers(*, content: bytes, imported_by: str, now: datetime) -> Imported:
    """Store the numbers of a CSV file with the heads 申请号, 数电票号码, 开票日期 and 价税合计（小写）; further columns are left alone.

    A line of a credit note is its red letter's: 红字信息确认单编号 too, and a negative total.

    UTF-8 or GB 18030. Lines without a number are passed over, so our own file may come back half filled in. The same file
    again changes nothing. Raises a SheetError: LinesRefused names every fault.
    """
    wait_for_turn()
    sheet = read_sheet(content, heads=_HEADS, required=_REQUIRED)
    rows = [(row.line, row.cells) for row in sheet.rows if row.cells[NUMBER]]
    numbers = [row[APPLICATION] for _line, row in rows]
    documents = Invoice.objects.filter(number__in=numbers).select_related("corrects__fapiao")
    invoices = {i.number: i for i in documents if i.document_kind == Invoice.Kind.INVOICE}
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
                confirmation=row.get(CONFIRMATION, "") if invoices[row[APPLICATION]].is_note else "",
                issued_on=issued_on,
                imported_at=now,
                imported_by=imported_by,
            )
    if errors:
        raise LinesRefused(errors)
    Fapiao.objects.bulk_create(fresh.values())
    if fresh:
        after = {application: fapiao.number for application, fapiao in fresh.items()}
        record_change(
            who=imported_by, what="fapiao.import", on=Thing("billing.fapiao", "", str(today)), after=after, now=now
        )
    return Imported(stored=len(fresh), known=len(rows) - len(fresh))


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
    total_fen = invoice.sign * invoice.total_fen
    if not _is_amount(row[TOTAL], total_fen):
        raise TotalDiffers(
            _("The total is %(given)s, that of %(application)s is %(total)s.")
            % {"given": row[TOTAL] or "—", "application": application, "total": yuan(total_fen)}
        )
    if invoice.kind == Invoice.Kind.CREDIT:
        _check_red_letter(row, invoice)
    issued_on = _day(row[ISSUED_ON])
    if issued_on is None or not invoice.issued_at.astimezone(BEIJING).date() <= issued_on <= today:
        raise DateImpossible(
            _("%(day)s is no day from the application to today. Write it as 2025-12-01.")
            % {"day": row[ISSUED_ON] or "—"}
        )
    return issued_on


def _check_red_letter(row: Mapping[str, str], note: Invoice) -> None:
    blue = note.corrects
    assert blue is not None
    if not hasattr(blue, "fapiao"):
        raise BlueNumberMissing(
            _("%(blue)s has no number of the platform yet. Bring that in before its red letter %(application)s.")
            % {"blue": blue.number, "application": note.number}
        )
    if not re.fullmatch(r"[0-9A-Za-z]{1,32}", row.get(CONFIRMATION, "")):
        raise ConfirmationMissing(
            _("%(application)s is a red letter: give its %(head)s, up to 32 letters and digits.")
            % {"application": note.number, "head": CONFIRMATION}
        )


def _is_amount(text: str, fen: int) -> bool:
    try:
        return fen_of(text) == fen
    except AmountMalformed:
        return False


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except DayMalformed:
        return None
