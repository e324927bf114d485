"""Reading one CSV file strictly: each cell is what its column says, or the error names file and line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

Number = TypeVar("Number", int, Decimal)

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class UnableToReadFolder(Exception):
    """A replay folder cannot be played; the message names file and line and says what to change."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its place, for errors, and its cells by column."""

    file: str
    number: int  # of the line in the file, from 1, the header included
    cells: dict[str, str]

    def error(self, sentence: str) -> UnableToReadFolder:
        """Make the error that names this line."""
        return UnableToReadFolder(f"{self.file} line {self.number}: {sentence}")

    def text(self, column: str, *, length_max: int) -> str:
        """Read a name: 1 to `length_max` characters, nothing invisible."""
        value = self.cells[column]
        if not value:
            raise self.error(f"{column} is empty.")
        if len(value) > length_max:
            raise self.error(f"{column} is {len(value)} characters long; the most is {length_max}.")
        if _CONTROL.search(value):
            raise self.error(f"{column} contains a control character.")
        return value

    def whole(self, column: str, *, least: int, most: int) -> int:
        """Read a whole number within [least, most]."""
        value = self.cells[column]
        if not _WHOLE.fullmatch(value):
            raise self.error(f"{column} is {value!r}, not a whole number.")
        return self._within(column, int(value), least, most)

    def decimal(self, column: str, *, least: int, most: int) -> Decimal:
        """Read a decimal number within [least, most]."""
        value = self.cells[column]
        if not _DECIMAL.fullmatch(value):
            raise self.error(f"{column} is {value!r}, not a number.")
        return self._within(column, Decimal(value), least, most)

    def one_of(self, column: str, choices: Sequence[str]) -> str:
        """Read a word out of `choices`."""
        value = self.cells[column]
        if value not in choices:
            raise self.error(f"{column} is {value!r}; it can be {' or '.join(choices)}.")
        return value

    def _within(self, column: str, value: Number, least: int, most: int) -> Number:
        if not least <= value <= most:
            raise self.error(f"{column} is {value}; it can be {least} to {most}.")
        return value


def read_table(path: Path, *, columns: Sequence[str]) -> Iterator[Line]:
    """Yield the lines of a CSV file (UTF-8, comma, header first); other columns than `columns` are ignored.

    Raises UnableToReadFolder for a file that is absent or not such a table, a missing column, a line of the wrong length.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _lines(path.name, file, columns)
    except FileNotFoundError:
        raise UnableToReadFolder(f"{path.name} is missing in {path.parent}.") from None
    except OSError as error:
        raise UnableToReadFolder(f"{path.name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise UnableToReadFolder(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None


def _lines(name: str, file: Iterator[str], columns: Sequence[str]) -> Iterator[Line]:
    reader = csv.reader(file, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(name, header, columns)
        for cells in reader:
            if not cells:
                continue  # an empty line
            line = Line(name, reader.line_num, dict(zip(header, map(str.strip, cells), strict=False)))
            if len(cells) != len(header):
                raise line.error(f"{len(cells)} cells where the header has {len(header)} columns.")
            yield line
    except csv.Error as error:
        raise UnableToReadFolder(f"{name} line {reader.line_num}: not readable as CSV ({error}).") from error


def _check_header(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        noun = "column is" if len(missing) == 1 else "columns are"
        raise UnableToReadFolder(f"{name} line 1: the {noun} missing: {', '.join(missing)}.")
    for column in columns:
        if header.count(column) > 1:
            raise UnableToReadFolder(f"{name} line 1: the column {column} stands there twice.")
