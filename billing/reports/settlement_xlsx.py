"""The settlement report as an Excel workbook: the reconciliation table and every line, as real numbers and dates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import xlsxwriter
from django.db import connection, transaction

from billing.reports.columns import COLUMNS, Form, report_sql
from billing.reports.filters import SettlementFilters
from billing.reports.summary import SummaryRow, settlement_summary

ROWS_A_SHEET = 1_048_575  # Excel's limit less the head
_FORMATS = {
    Form.TEXT: {},
    Form.COUNT: {"num_format": "#,##0"},
    Form.FEN: {"num_format": "#,##0.00"},
    Form.DAY: {"num_format": "yyyy-mm-dd"},
    Form.TIME: {"num_format": "yyyy-mm-dd hh:mm"},
}
_WIDTHS = {Form.TEXT: 20, Form.COUNT: 10, Form.FEN: 14, Form.DAY: 12, Form.TIME: 17}
_SUMMARY_HEADS = (
    ("trades", "笔数\nTrades", Form.COUNT),
    ("accelerator_hours", "卡时\nAcc-h", Form.COUNT),
    ("value_fen", "成交金额\nTraded", Form.FEN),
    ("undelivered_fen", "未交付\nNot yet delivered", Form.FEN),
    ("delivered_fen", "已交付\nDelivered", Form.FEN),
    ("buyer_fee_fen", "买方服务费\nBuyers' fees", Form.FEN),
    ("invoiced_fen", "已开票（不含税）\nInvoiced before VAT", Form.FEN),
    ("uninvoiced_fen", "未开票\nNot yet invoiced", Form.FEN),
    ("paid_fen", "付提供方\nPaid to providers", Form.FEN),
    ("fees_fen", "平台服务费\nExchange fees", Form.FEN),
    ("difference_fen", "差额\nDifference", Form.FEN),
)


def write_xlsx(file: IO[bytes], *, filters: SettlementFilters) -> None:
    """Write the report to a binary file; amounts are numbers in yuan, dates are dates, in Beijing time."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": False, "default_date_format": "yyyy-mm-dd"})
    book.set_properties({"title": "Suanshi settlement report 算市结算报告"})
    formats = {form: book.add_format(options) for form, options in _FORMATS.items()}
    formats_bold = {form: book.add_format({**options, "bold": True}) for form, options in _FORMATS.items()}
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    _write_summary(book, filters, head, formats, formats_bold)
    _write_lines(book, filters, head, formats)
    book.close()


def _write_summary(book: Any, filters: SettlementFilters, head: Any, formats: Any, formats_bold: Any) -> None:
    sheet = book.add_worksheet("对账 Reconciliation")
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1, 20)
    sheet.set_column(2, 1 + len(_SUMMARY_HEADS), 16)
    sheet.set_row(0, 32)
    for column, title in enumerate(
        ("算力类别\nCompute class", "枢纽\nHub", *(title for _, title, _ in _SUMMARY_HEADS))
    ):
        sheet.write_string(0, column, title, head)
    for row, (names, figures, is_total) in enumerate(_summary_rows(filters), start=1):
        chosen = formats_bold if is_total else formats
        for column, name in enumerate(names):
            sheet.write_string(row, column, name, chosen[Form.TEXT])
        for column, (field, _title, form) in enumerate(_SUMMARY_HEADS, start=2):
            value = getattr(figures, field)
            sheet.write_number(row, column, value / 100 if form is Form.FEN else value, chosen[form])


def _summary_rows(filters: SettlementFilters) -> Iterator[tuple[tuple[str, str], SummaryRow, bool]]:
    summary = settlement_summary(filters)
    for group in summary.groups:
        yield (group.compute_class, ""), group.total, True
        for market, figures in group.rows:
            yield ("", f"{market.hub.name_zh} {market.hub.name}"), figures, False
    yield ("合计 Total", ""), summary.total, True


def _write_lines(book: Any, filters: SettlementFilters, head: Any, formats: Any) -> None:
    sheet, row, number = None, ROWS_A_SHEET, 0
    for values in _rows(filters):
        if row >= ROWS_A_SHEET:
            number += 1
            sheet, row = _lines_sheet(book, number, head), 0
        row += 1
        _write_line(sheet, row, values, formats)
    if sheet is None:
        _lines_sheet(book, 1, head)


def _lines_sheet(book: Any, number: int, head: Any) -> Any:
    sheet = book.add_worksheet("结算明细 Lines" + (f" {number}" if number > 1 else ""))
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for column, spec in enumerate(COLUMNS):
        sheet.set_column(column, column, _WIDTHS[spec.form])
    for column, spec in enumerate(COLUMNS):
        sheet.write_string(0, column, f"{spec.head_zh}\n{spec.head}", head)
    return sheet


def _write_line(sheet: Any, row: int, values: tuple[Any, ...], formats: Any) -> None:
    for column, (spec, value) in enumerate(zip(COLUMNS, values, strict=True)):
        if value is None:
            continue
        form = spec.form
        if form is Form.TEXT:
            sheet.write_string(row, column, value)
        elif form is Form.FEN:
            sheet.write_number(row, column, value / 100, formats[form])
        elif form is Form.COUNT:
            sheet.write_number(row, column, value, formats[form])
        else:
            sheet.write_datetime(row, column, value, formats[form])


def _rows(filters: SettlementFilters) -> Iterator[tuple[Any, ...]]:
    """Read the lines through a cursor on the server, so that memory does not grow with their number."""
    select, parameters = report_sql(filters, in_yuan=False)
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(select, parameters)
        while rows := cursor.fetchmany(5000):
            yield from rows
