"""What every report is made of: columns with forms, one SELECT, a chart, limits, and where a cell leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

if TYPE_CHECKING:
    from billing.reports.asked import Asked


class Form(StrEnum):
    """How a column's values are written."""

    TEXT = "text"
    WORD = "word"  # one of a few codes, which pages put into words
    PARTICIPANT = "participant"  # its slug; pages show the name
    HUB = "hub"  # its slug; pages show the name
    SITE = "site"  # its slug; pages show the name
    MARKET = "market"  # its symbol; pages show class and hub
    COUNT = "count"
    FEN = "fen"  # stored in fen, written in yuan with two decimals
    DAY = "day"
    TIME = "time"  # Beijing time


NUMBERS = (Form.COUNT, Form.FEN)


class Limit(StrEnum):
    """What a report can be limited by; each is a field of the page and a name in the address."""

    PERIOD = "period"  # `from` and `to`, Beijing days
    AT = "at"
    PARTICIPANT = "participant"
    CLASS = "class"
    HUB = "hub"
    RUN = "run"
    KIND = "kind"  # of ledger account
    CODE = "code"  # of ledger transfer
    STATE = "state"
    WHO = "who"
    WHAT = "what"


@dataclass(frozen=True, slots=True)
class Opens:
    """Where a cell leads: another report with limits, or a page of one thing.

    `values` maps a limit of the report, or the page's key, to the name of a column of the row.
    """

    page: str
    values: Mapping[str, str]
    is_report: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in files (amounts in yuan end in `_cny`), its heads in both languages, its form.

    `adds` puts it into the totals. A `difference` must be 0, and says so. What pages have no room for `is_in_files_only`.
    """

    name: str
    head_zh: str
    head: str
    form: Form = Form.TEXT
    adds: bool = False
    difference: bool = False
    opens: Opens | None = None
    bar: bool = False
    is_in_files_only: bool = False

    @property
    def label(self) -> str:
        """The head in the language of the page."""
        return self.head_zh if (get_language() or "").startswith("zh") else self.head

    @property
    def is_number(self) -> bool:
        return self.form in NUMBERS


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT without ORDER BY whose columns have the report's names, more to lead elsewhere, and its order."""

    sql: str
    parameters: Sequence[Any]
    order: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of `value` by the column `by`, stacked by `series`; days stand side by side, everything else below each other."""

    by: str
    value: str
    series: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report. `name` stands in addresses and file names; `columns`, `query` and `chart` follow what is asked for."""

    name: str
    title_zh: str
    title: str
    lead_zh: str
    lead: str
    columns: Callable[[Asked], tuple[Column, ...]]
    query: Callable[[Asked], Query]
    chart: Callable[[Asked], Chart | None]
    limits: tuple[Limit, ...]
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What rows may be grouped by: `by` in the address, and its words in Chinese and English; the first is the default."""
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_recent: bool = False
    """Whether its days are those on which something was done, so that it shows the last ones where none are asked for."""
    is_listed: bool = True
    """Whether it stands in the list of reports; others are reached from a total."""
    document: str = ""
    """The column with the id of a row's document, where rows are documents: a ZIP holds them."""

    def in_words(self, *, zh: bool) -> tuple[str, str]:
        """Its title and what it shows."""
        return (self.title_zh, self.lead_zh) if zh else (self.title, self.lead)
