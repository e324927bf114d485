"""A report as PDF: both languages, totals, page numbers; wide tables lie across."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from django.db.models import Model
from django.utils.translation import gettext as _

from billing.exports.parquet_file import TYPES
from billing.exports.stream import PLAIN, OnRows, Sums, arrow_batches, nobody
from billing.reports.asked import Asked
from billing.reports.frame import Column, Form, Report
from billing.reports.words import words
from billing.typesetting import typeset
from matching.models import Hub, Participant, Site

TEMPLATE = Path(__file__).parent / "report.typ"
ROWS_MAX = 5_000
"""More rows than this nobody reads on paper, and typst takes a minute for them."""

_TYPES: dict[Form, pa.DataType] = {form: kind for form, kind in TYPES.items() if form != Form.TIME}


class TooManyRows(Exception):
    """More rows than a PDF may have; the text says what to do."""


def write_pdf(file: IO[bytes], *, report: Report, asked: Asked, now: datetime, on_rows: OnRows = nobody) -> int:
    """Write the PDF and return the number of rows; raises TooManyRows."""
    columns = report.columns(asked)
    sums = Sums(columns)
    rows: list[list[str]] = []
    names = {Form.PARTICIPANT: _names(Participant), Form.HUB: _names(Hub), Form.SITE: _names(Site)}
    for batch in arrow_batches(report, asked, expressions=PLAIN, types=_TYPES, on_rows=on_rows):
        sums.add(batch)
        cells = [_texts(column, values, names) for column, values in zip(columns, batch.columns, strict=True)]
        rows += [list(row) for row in zip(*cells, strict=True)]
        if len(rows) > ROWS_MAX:
            raise TooManyRows(
                _("A PDF takes %(count)s rows. Narrow the filters, or take XLSX.") % {"count": f"{ROWS_MAX:,}"}
            )
    content = {
        "title_zh": report.title_zh,
        "title": report.title,
        "lead_zh": report.lead_zh,
        "lead": report.lead,
        "asked": [f"{name} {value}" for name, value in asked.values.items()],
        "made_at": now.isoformat(timespec="seconds"),
        "heads": [[column.head_zh, column.head] for column in columns],
        "numbers": [column.is_number for column in columns],
        "rows": rows,
        "totals": [_total(place, column, sums) for place, column in enumerate(columns)] if sums.values else [],
    }
    file.write(typeset(TEMPLATE, content, at=now))
    return len(rows)


def _names(model: type[Model]) -> dict[str, str]:
    rows = model._default_manager.values_list("slug", "name", "name_zh")
    return {slug: f"{name_zh} {name}".strip() if name_zh != name else name for slug, name, name_zh in rows}


def _texts(column: Column, values: pa.Array, names: dict[Form, dict[str, str]]) -> list[str]:
    known = names.get(column.form, {})
    return [_text(column.form, value, known) for value in values.to_pylist()]


def _text(form: Form, value: Any, known: dict[str, str]) -> str:
    if value is None:
        return ""
    if form is Form.WORD:
        zh, en = words(value, zh=True), words(value, zh=False)
        return zh if zh == en else f"{zh} {en}"
    if isinstance(value, Decimal | int):
        return f"{value:,}".replace("-", "−")
    return value.isoformat() if isinstance(value, date) else known.get(value, str(value))


def _total(place: int, column: Column, sums: Sums) -> str:
    if column.name not in sums.values:
        return "合计 Total" if place == 0 else ""
    value = sums.values[column.name]
    return _text(column.form, int(value) if column.form is Form.COUNT else value, {})
