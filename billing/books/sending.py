"""The books as a file that somebody takes away."""

from __future__ import annotations

from datetime import date, datetime
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from billing.books import ENDINGS, export_books
from billing.books.chart import read_chart
from billing.books.journal import Detail
from matching.changes import Thing, record_change

IN_MEMORY_BYTES = 1 << 20


def take_books(
    *, format: str, detail: Detail, first: date | None, last: date | None, by: str, now: datetime
) -> tuple[IO[bytes], str]:
    """Write the Beijing days `first` to `last` as `export_books` does and return the file and its name; the caller closes it.

    The audit trail says who took them. Raises ChartError.
    """
    chart = read_chart()
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (whoever sends it closes it)
    text = TextIOWrapper(cast("Any", file), encoding="utf-8", newline="")
    export_books(text, format=format, chart=chart, detail=detail, first=first, last=last)
    text.detach()
    file.seek(0)
    facts = {"format": format, "detail": detail.value, "first": first or "", "last": last or ""}
    record_change(who=by, what="books.export", on=Thing("billing.books", "", f"books.{format}"), after=facts, now=now)
    days = "".join(f"-{day}" for day in (first, last) if day)
    return file, f"books{days}.{ENDINGS[format]}"
