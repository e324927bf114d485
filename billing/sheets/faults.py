"""Why a file is not taken in: as a whole, or by its lines."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _


class SheetError(Exception):
    """A file that is not taken in, of which nothing was stored; the text says why and what to do."""

    code = "unable_to_read_file"
    field: str | None = "file"


class NotText(SheetError):
    """Neither UTF-8 nor GB 18030, or no CSV."""

    code = "file_not_text"


class TooLarge(SheetError):
    """More bytes or lines than a file may have."""

    code = "file_too_large"


class HeadsMissing(SheetError):
    """The first line lacks a column."""

    code = "column_missing"


class LineError(ValueError):
    """A line that cannot be taken in."""


class LinesRefused(SheetError):
    """Lines that cannot be taken in, all of them: `errors` has (line of the file or entry of the statement, error)."""

    code = "file_has_faults"

    def __init__(self, errors: Sequence[tuple[int, LineError]]) -> None:
        """Name each line and what is wrong with it, one a line."""
        self.errors = errors
        super().__init__("\n".join(_("Line %(line)s: %(why)s") % {"line": n, "why": error} for n, error in errors))
