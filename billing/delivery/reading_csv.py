"""Meter readings from a CSV file: checked as a whole, every fault by its line, taken in whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.delivery.readings import BATCH_MAX, NewReading, check_readings, record_readings
from billing.period import BEIJING
from matching.hours import hour_of, moment_of

COLUMNS = ("site", "hour", "holder", "accelerators", "id")
"""The columns that a file must have; `read_at` and `source` may be there too, others are left alone."""

FILE_BYTES_MAX = 2_000_000
DEFAULT_SOURCE = "csv"


class UnableToReadFile(Exception):
    """A file of which no line can be read; the text says why."""

    code = "unable_to_read_file"


class FileTooLarge(UnableToReadFile):
    """More bytes or lines than a file may have."""

    code = "file_too_large"


class FileNotText(UnableToReadFile):
    """Neither UTF-8 nor GB 18030."""

    code = "file_not_text"


class ColumnMissing(UnableToReadFile):
    """The head lacks a column."""

    code = "column_missing"


class FileHasFaults(UnableToReadFile):
    """Lines at fault; nothing was taken in."""

    code = "file_has_faults"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLine:
    """A line of the file: what it says, and what is wrong with it or what would become of it."""

    line: int
    reading: NewReading | None
    fault: str = ""
    is_known: bool = False


def preview_readings(*, provider_id: int, content: bytes, now: datetime) -> list[FileLine]:
    """Say what would become of each line; nothing is stored. Raises UnableToReadFile."""
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
            fault=line.fault or (str(verdict.error) if verdict and verdict.error else ""),
            is_known=verdict is not None and verdict.error is None,
        )
        for line in lines
        for verdict in [verdicts.get(line.line)]
    ]


@transaction.atomic
def import_readings(*, provider_id: int, content: bytes, now: datetime) -> int:
    """Take a whole file in and return how many readings were new. Raises UnableToReadFile, naming each line at fault."""
    lines = preview_readings(provider_id=provider_id, content=content, now=now)
    faults = [_("Line %(line)s: %(fault)s") % {"line": line.line, "fault": line.fault} for line in lines if line.fault]
    if faults:
        raise FileHasFaults("\n".join(faults))
    verdicts = record_readings(
        provider_id=provider_id, readings=[line.reading for line in lines if line.reading], now=now
    )
    return sum(verdict.is_new for verdict in verdicts)


def _lines(content: bytes) -> Iterator[FileLine]:
    if len(content) > FILE_BYTES_MAX:
        raise FileTooLarge(_("The file is larger than %(mb)s MB. Send it in parts.") % {"mb": FILE_BYTES_MAX // 10**6})
    rows = csv.DictReader(io.StringIO(_text(content), newline=""))
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise ColumnMissing(_("The head of the file lacks %(names)s.") % {"names": ", ".join(missing)})
    for count, row in enumerate(rows, start=1):
        if count > BATCH_MAX:
            raise FileTooLarge(_("The file has more than %(count)s lines. Send it in parts.") % {"count": BATCH_MAX})
        try:
            yield FileLine(line=rows.line_num, reading=_reading(row))
        except ValueError as error:
            yield FileLine(line=rows.line_num, reading=None, fault=str(error))


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileNotText(_("The file is no text in UTF-8 or GB 18030. Save it as CSV UTF-8."))


def _reading(row: Mapping[Any, Any]) -> NewReading:
    """Read one line; raises ValueError with the sentence."""
    given = {name: str(value or "").strip() for name, value in row.items() if name is not None}  # None: cells too many
    for name in ("site", "holder", "id"):
        if not given[name] or len(given[name]) > 120:
            raise ValueError(_("%(column)s is empty or too long.") % {"column": name})
    try:
        accelerators = int(given["accelerators"])
    except ValueError:
        raise ValueError(_("%(value)s is no whole number.") % {"value": given["accelerators"] or "“”"}) from None
    if abs(accelerators) >= 2**31:
        raise ValueError(_("%(value)s is no whole number.") % {"value": given["accelerators"]})
    start = _time(given["hour"])
    hour = hour_of(start)
    if moment_of(hour) != start or not 0 <= hour < 2**31:
        raise ValueError(_("%(value)s is no full hour. Write it as 2026-03-02 10:00.") % {"value": given["hour"]})
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
        raise ValueError(_("%(value)s is no time. Write it as 2026-03-02 10:00.") % {"value": text or "“”"}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
