"""A report as an Excel workbook: real numbers and dates, a totals row, and what was asked for on a sheet of its own.

XlsxWriter makes the workbook: styles, heads, widths, the sheet about the report. The rows are not written through it: cell by
cell it takes ten times what PostgreSQL needs to read them (docs/money.md has the figures). Arrow joins them to the sheet's XML
a column at a time, in place of a sample row that tells the styles' numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from billing.exports.stream import PLAIN, OnRows, Sums, arrow_batches, nobody
from billing.reports.asked import Asked
from billing.reports.frame import Column, Form, Report

ROWS_A_SHEET = 1_048_570  # Excel's limit less head and totals
_NUMBERS = {Form.COUNT: "#,##0", Form.FEN: "#,##0.00", Form.DAY: "yyyy-mm-dd", Form.TIME: "yyyy-mm-dd hh:mm"}
_WIDTHS = {Form.COUNT: 11, Form.FEN: 15, Form.DAY: 12, Form.TIME: 17}
_EXPRESSIONS = {
    Form.FEN: PLAIN[Form.FEN],
    Form.DAY: "{name} - DATE '1899-12-30'",
    Form.TIME: "round(extract(epoch FROM {name}) / 86400 + 25569, 6)",
}
_SAMPLE = re.compile(rb'<row r="(2|3)".*?</row>', re.DOTALL)
_STYLE = re.compile(rb'<c r="[A-Z]+[23]"(?: s="(\d+)")?')
_CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f]"  # what XML cannot hold


def write_xlsx(
    file: IO[bytes], *, report: Report, asked: Asked, on_rows: OnRows = nobody, rows_expected: int | None = None
) -> int:
    """Write the workbook and return the number of rows; beyond a sheet's limit they go on in the next."""
    columns = report.columns(asked)
    sheets = 1 if rows_expected is None else rows_expected * 21 // 20 // ROWS_A_SHEET + 1
    shell = zipfile.ZipFile(io.BytesIO(_shell(report, asked, columns, sheets)))
    sums = Sums(columns)
    rows = 0
    batches = arrow_batches(report, asked, expressions=_EXPRESSIONS, types={}, on_rows=on_rows)
    waiting: list[pa.RecordBatch] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name in shell.namelist():
            number = int(found[1]) if (found := re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)) else 0
            if not 1 <= number <= sheets:
                book.writestr(name, shell.read(name))
                continue
            before, styles, total_styles, after = _around(shell.read(name))
            is_last = number == sheets
            with book.open(name, "w", force_zip64=True) as sheet:
                sheet.write(before)
                place = 0
                for batch in _of_sheet(waiting, batches, None if is_last else ROWS_A_SHEET):
                    sums.add(batch)
                    sheet.write(_rows_xml(columns, batch, styles))
                    place += batch.num_rows
                rows += place
                if is_last and sums.values:
                    sheet.write(_totals_xml(columns, sums, total_styles))
                sheet.write(after)
    return rows


def _of_sheet(
    waiting: list[pa.RecordBatch], batches: Iterator[pa.RecordBatch], limit: int | None
) -> Iterator[pa.RecordBatch]:
    """Yield the next `limit` rows; what is left of a batch waits for the next sheet."""
    left = limit
    while left is None or left > 0:
        batch = waiting.pop() if waiting else next(batches, None)
        if batch is None:
            return
        if left is not None and batch.num_rows > left:
            waiting.append(batch.slice(left))
            batch = batch.slice(0, left)
        if left is not None:
            left -= batch.num_rows
        yield batch


def _shell(report: Report, asked: Asked, columns: Sequence[Column], sheets: int) -> bytes:
    """Make the workbook with a sample row and a sample totals row in each sheet of rows."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": f"Suanshi 算市 {report.title_zh} {report.title}"})
    formats = {form: book.add_format({"num_format": text}) for form, text in _NUMBERS.items()}
    bold = {form: book.add_format({"num_format": text, "bold": True, "top": 1}) for form, text in _NUMBERS.items()}
    plain = book.add_format({"num_format": "@"})
    bold_text = book.add_format({"bold": True, "top": 1})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    for number in range(1, sheets + 1):
        sheet = book.add_worksheet(f"{report.title_zh} {report.title}"[:27] + (f" {number}" if number > 1 else ""))
        sheet.freeze_panes(1, 0)
        sheet.set_row(0, 32)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _WIDTHS.get(column.form, 20))
            sheet.write_string(0, place, f"{column.head_zh}\n{column.head}", head)
            sheet.write_blank(1, place, None, formats.get(column.form, plain))
            sheet.write_blank(2, place, None, bold.get(column.form, bold_text))
    about = book.add_worksheet("说明 About")
    about.set_column(0, 0, 22)
    about.set_column(1, 1, 60)
    facts = {"报表 Report": f"{report.title_zh} {report.title}", "": report.lead_zh, " ": report.lead, **asked.values}
    for place, (name, value) in enumerate(facts.items()):
        about.write_string(place, 0, name)
        about.write_string(place, 1, value)
    book.close()
    return out.getvalue()


def _around(xml: bytes) -> tuple[bytes, list[bytes], list[bytes], bytes]:
    """Return what stands before the sample rows, their styles, and what stands after."""
    samples = list(_SAMPLE.finditer(xml))
    styles, totals = ([found[1] for found in _STYLE.finditer(sample[0])] for sample in samples)
    return xml[: samples[0].start()], styles, totals, xml[samples[-1].end() :]


def _rows_xml(columns: Sequence[Column], batch: pa.RecordBatch, styles: Sequence[bytes]) -> Any:
    """Join a batch to `<row>`s: cells without references, text inline."""
    parts: list[Any] = [pa.scalar("<row>")]
    for column, values, style in zip(columns, batch.columns, styles, strict=True):
        if column.is_number or column.form in (Form.DAY, Form.TIME):
            opening, closing = f'<c s="{style.decode()}"><v>', "</v></c>"
        else:
            opening, closing = '<c t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
            values = _escaped(values)
        if values.null_count:
            cell = pc.binary_join_element_wise(pa.scalar(opening), values, pa.scalar(closing), pa.scalar(""))
            parts.append(pc.fill_null(cell, "<c/>"))
        else:
            parts += [pa.scalar(opening), values, pa.scalar(closing)]
    parts.append(pa.scalar("</row>"))
    joined = pc.binary_join_element_wise(*parts, pa.scalar(""))
    offsets, data = joined.buffers()[1:]
    ends = pa.Array.from_buffers(pa.int32(), len(joined) + 1, [None, offsets], offset=joined.offset)
    return data[ends[0].as_py() : ends[-1].as_py()]


def _escaped(values: pa.Array) -> pa.Array:
    for raw, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        if pc.any(pc.match_substring(values, raw)).as_py():
            values = pc.replace_substring(values, raw, safe)
    if pc.any(pc.match_substring_regex(values, _CONTROL)).as_py():
        values = pc.replace_substring_regex(values, _CONTROL, "")
    return values


def _totals_xml(columns: Sequence[Column], sums: Sums, styles: Sequence[bytes]) -> bytes:
    cells = []
    for place, (column, style) in enumerate(zip(columns, styles, strict=True)):
        if column.name in sums.values:
            cells.append(f'<c s="{style.decode()}"><v>{sums.values[column.name]}</v></c>')
        elif place == 0:
            cells.append(f'<c s="{style.decode()}" t="inlineStr"><is><t>合计 Total</t></is></c>')
        else:
            cells.append(f'<c s="{style.decode()}"/>')
    return f"<row>{''.join(cells)}</row>".encode()
