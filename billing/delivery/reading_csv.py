"""Meter readings from a CSV file: checked as a whole, every fault by its line, taken in whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.delivery.readings import BATCH_MAX, NewReading, check_readings, record_readings
from billing.period import BEIJING
from billing.sheets import LineError, LinesRefused, read_sheet
from matching.hours import hour_of, moment_of

COLUMNS = ("site", "hour", "holder", "accelerators", "id")
"""The columns that a file must have; `read_at` and `source` may be there too, others are left alone."""

_HEADS = {name: (name,) for name in (*COLUMNS, "read_at", "source")}
FILE_BYTES_MAX = 2_000_000
DEFAULT_SOURCE = "csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLine:
    """A line of the file: what it says, and what is wrong with it or what would become of it."""

    line: int
    reading: NewReading | None
    error: LineError | None = None
    is_known: bool = False

    @property
    def fault(self) -> str:
        """What is wrong with it, in words."""
        return "" if self.error is None else str(self.error)


def preview_readings(*, provider_id: int, content: bytes, now: datetime) -> list[FileLine]:
    """Say what would become of each line; nothing is stored. Raises a SheetError."""
    lines = list(_lines(content))
    readable = [line for line in lines if line.reading is not None]
    with transaction.atomic():
        checked = check_readings(
            provider_id=provider_id, readings=[line.reading for line in readable if line.reading], now=now
        )
    verdicts = {line.line: verdict for line, (verdict, _ids) in zip(readable, checked, strict=True)}
    return [
        FileLine(
            line=line.line,
            reading=line.reading,
            error=line.error or (LineError(str(verdict.error)) if verdict and verdict.error else None),
            is_known=verdict is not None and verdict.error is None,
        )
        for line in lines
        for verdict in [verdicts.get(line.line)]
    ]


@transaction.atomic
def import_readings(*, provider_id: int, content: bytes, now: datetime) -> int:
    """Take a whole file in and return how many readings were new. Raises a SheetError, LinesRefused with every fault."""
    lines = preview_readings(provider_id=provider_id, content=content, now=now)
    errors = [(line.line, line.error) for line in lines if line.error]
    if errors:
        raise LinesRefused(errors)
    verdicts = record_readings(
        provider_id=provider_id, readings=[line.reading for line in lines if line.reading], now=now
    )
    return sum(verdict.is_new for verdict in verdicts)


def _lines(content: bytes) -> Iterator[FileLine]:
    sheet = read_sheet(content, heads=_HEADS, required=COLUMNS, bytes_max=FILE_BYTES_MAX, rows_max=BATCH_MAX)
    for row in sheet.rows:
        try:
            yield FileLine(line=row.line, reading=_reading(row.cells))
        except LineError as error:
            yield FileLine(line=row.line, reading=None, error=error)


def _reading(given: Mapping[str, str]) -> NewReading:
    """Read one line; raises LineError with the sentence."""
    for name in ("site", "holder", "id"):
        if not given[name] or len(given[name]) > 120:
            raise LineError(_("%(column)s is empty or too long.") % {"column": name})
    try:
        accelerators = int(given["accelerators"])
    except ValueError:
        raise LineError(_("%(value)s is no whole number.") % {"value": given["accelerators"] or "“”"}) from None
    if abs(accelerators) >= 2**31:
        raise LineError(_("%(value)s is no whole number.") % {"value": given["accelerators"]})
    start = _time(given["hour"])
    hour = hour_of(start)
    if moment_of(hour) != start or not 0 <= hour < 2**31:
        raise LineError(_("%(value)s is no full hour. Write it as 2026-03-02 10:00.") % {"value": given["hour"]})
    return NewReading(
        site=given["site"],
        hour=hour,
        holder=given["holder"],
        accelerators=accelerators,
        source=(given.get("source") or DEFAULT_SOURCE)[:60],
        source_id=given["id"],
        read_at=_time(given["read_at"]) if given.get("read_at") else moment_of(hour + 1),
    )


def _time(text: str) -> datetime:
    """Read a time; without a zone it is Beijing's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LineError(_("%(value)s is no time. Write it as 2026-03-02 10:00.") % {"value": text or "“”"}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
