"""Invoices as an Excel workbook for the tax platform, with our application number and a place for its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

import xlsxwriter
from django.db.models import Prefetch, Q, QuerySet

from billing.fapiao.columns import (
    CONFIRMATION,
    INVOICE_COLUMNS,
    LINE_COLUMNS,
    NOTE_COLUMNS,
    NOTE_LINE_COLUMNS,
    NUMBER,
    TOTAL,
    Column,
)
from billing.models import Invoice, InvoiceLine

READ_ROWS = 500
_SHEETS = (("发票基本信息", INVOICE_COLUMNS), ("发票明细信息", LINE_COLUMNS))
_RED_SHEETS = (("红字信息", NOTE_COLUMNS), ("红字明细信息", NOTE_LINE_COLUMNS))
_FORMATS = {"单价": "0.00####", "税率": "0.##%", NUMBER: "@", CONFIRMATION: "@"}  # as text: Excel would cut 20 digits
_AMOUNTS = ("合计金额", "合计税额", TOTAL, "金额", "税额")


def invoices_to_apply_for() -> QuerySet[Invoice]:
    """Return the buyers' invoices, and debit notes on them, to which the tax platform has given no number yet, oldest first."""
    kinds = Q(kind=Invoice.Kind.INVOICE) | Q(kind=Invoice.Kind.DEBIT, corrects__kind=Invoice.Kind.INVOICE)
    return Invoice.objects.filter(kinds, fapiao=None).order_by("pk")


def red_letters_to_apply_for() -> QuerySet[Invoice]:
    """Return the credit notes on buyers' invoices to which the platform has given no number, oldest first.

    A red letter names the blue one, so those wait whose invoice has no number yet: see `red_letters_that_wait`.
    """
    return _red_letters().filter(corrects__fapiao__isnull=False).select_related("corrects__fapiao")


def red_letters_that_wait() -> QuerySet[Invoice]:
    """Return the credit notes whose invoice has no number of the platform yet."""
    return _red_letters().filter(corrects__fapiao=None)


def _red_letters() -> QuerySet[Invoice]:
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT, corrects__kind=Invoice.Kind.INVOICE)
    return notes.filter(fapiao=None).order_by("pk")


def write_application(file: IO[bytes], *, invoices: QuerySet[Invoice]) -> None:
    """Write invoices to a binary file: a sheet of invoices and one of their lines, joined by 申请号.

    Amounts are numbers in yuan, before VAT where the head does not say otherwise; VAT a line is its share by largest remainder.
    """
    _write(file, invoices, _SHEETS)


def write_red_letters(file: IO[bytes], *, notes: QuerySet[Invoice]) -> None:
    """Write red letters (红字) to a binary file, as `write_application` does, with the blue one's number and the cause."""
    _write(file, notes, _RED_SHEETS)


def _write(
    file: IO[bytes], invoices: QuerySet[Invoice], named_sheets: tuple[tuple[str, tuple[Column, ...]], ...]
) -> None:
    book: Any = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bottom": 1})
    sheets = [(book.add_worksheet(name), columns, _formats(book, columns)) for name, columns in named_sheets]
    for sheet, columns, _formats_of in sheets:
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(columns) - 1, 18)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.head, head)
    rows = [0, 0]
    lines = Prefetch("lines", InvoiceLine.objects.order_by("position").select_related("invoice"))
    for invoice in invoices.prefetch_related(lines).iterator(chunk_size=READ_ROWS):
        documents: tuple[Sequence[Invoice | InvoiceLine], ...] = ([invoice], list(invoice.lines.all()))
        for number, each in enumerate(documents):
            for document in each:
                rows[number] += 1
                _write_row(*sheets[number], rows[number], document)
    book.close()


def _formats(book: Any, columns: tuple[Column, ...]) -> list[Any]:
    names = [_FORMATS.get(column.head, "0.00" if column.head in _AMOUNTS else "General") for column in columns]
    return [book.add_format({"num_format": name}) for name in names]


def _write_row(
    sheet: Any, columns: tuple[Column, ...], formats: list[Any], row: int, document: Invoice | InvoiceLine
) -> None:
    for place, (column, form) in enumerate(zip(columns, formats, strict=True)):
        value = column.value(document)
        if value == "":
            sheet.write_blank(row, place, None, form)
        elif isinstance(value, str):
            sheet.write_string(row, place, value)
        else:
            sheet.write_number(row, place, value, form)
