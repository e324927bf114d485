"""A CSV file read whole: decoded, its heads found by any of their names, its rows with their place in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from billing.sheets.faults import HeadsMissing, NotText, TooLarge

BYTES_MAX = 10 << 20
ENCODINGS = ("utf-8-sig", "gb18030")
"""UTF-8, and what Chinese Excel saves."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its line in the file, and its cells, stripped, by the column's name with us."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns that the file has, by their name with us, and its rows; empty rows are left out."""

    columns: frozenset[str]
    rows: Sequence[Row]


def read_sheet(
    content: bytes,
    *,
    heads: Mapping[str, Sequence[str]],
    required: Sequence[str],
    bytes_max: int = BYTES_MAX,
    rows_max: int | None = None,
) -> Sheet:
    """Read a CSV file; `heads` gives the names that each column may have in the first line, other columns are left alone.

    Raises TooLarge, NotText, HeadsMissing.
    """
    if len(content) > bytes_max:
        raise TooLarge(_("The file is larger than %(mb)s MB. Send it in parts.") % {"mb": round(bytes_max / 10**6)})
    try:
        reader = csv.DictReader(io.StringIO(_text(content), newline=""), strict=True)
        given = [(head or "").strip() for head in reader.fieldnames or ()]
        reader.fieldnames = given
        columns = {name: head for name, names in heads.items() for head in reversed(names) if head in given}
        missing = [heads[name][0] for name in required if name not in columns]
        if missing:
            raise HeadsMissing(_("The first line lacks the columns %s.") % ", ".join(missing))
        rows: list[Row] = []
        for row in reader:
            cells = {name: (row[head] or "").strip() for name, head in columns.items()}
            if not any(cells.values()):
                continue
            if rows_max is not None and len(rows) == rows_max:
                raise TooLarge(_("The file has more than %(count)s lines. Send it in parts.") % {"count": rows_max})
            rows.append(Row(reader.line_num, cells))
    except csv.Error as error:
        raise NotText(_("The file is no CSV text. Save the sheet as CSV UTF-8 and try again.")) from error
    return Sheet(frozenset(columns), rows)


def _text(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotText(_("The file is no text in UTF-8 or GB 18030. Save it as CSV UTF-8."))
