"""A report's rows as cells of a page: text by its form, and where a cell leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse

from billing.reports.asked import Asked
from billing.reports.frame import Column, Form, Opens
from billing.reports.registry import REPORTS
from billing.reports.words import words
from marketplace.web.templatetags.names import named
from marketplace.web.templatetags.numbers import count, yuan
from matching.models import Hub, Market, Participant, Site

PAGES = {
    "trade": "finance_trade",
    "invoice": "finance_invoice",
    "run": "finance_run",
    "reading": "finance_reading",
    "dispute": "finance_dispute",
    "payout_batch": "finance_payout_batch",
}
"""Addresses of the pages of one thing."""

CARRIED = ("from", "to", "participant", "class", "hub", "run")
"""Limits that go along to the next report, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, in words; `url` where it leads; `zero` where a difference is none."""

    column: Column
    text: str
    url: str = ""
    is_zero: bool = False


def cells_of(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], asked: Asked) -> list[list[Cell]]:
    """Return the rows as cells."""
    names = Names(columns, rows)
    return [[_cell(column, row, asked, names) for column in columns] for row in rows]


def _reader(model: type[Model]) -> Callable[[set[str]], dict[str, str]]:
    def read(slugs: set[str]) -> dict[str, str]:
        found = model._default_manager.filter(slug__in=slugs) if slugs else ()
        return {thing.slug: named(thing) for thing in found}  # type: ignore[attr-defined]

    return read


def _read_markets(symbols: set[str]) -> dict[str, str]:
    found = Market.objects.filter(symbol__in=symbols).select_related("compute_class", "hub") if symbols else ()
    return {market.symbol: f"{market.compute_class.slug} · {named(market.hub)}" for market in found}


READERS: Mapping[Form, Callable[[set[str]], dict[str, str]]] = {
    Form.PARTICIPANT: _reader(Participant),
    Form.HUB: _reader(Hub),
    Form.SITE: _reader(Site),
    Form.MARKET: _read_markets,
}
"""What pages show instead of a slug or a symbol, in the page's language."""


class Names:
    """The names of the participants, hubs, sites and markets of some rows, in the page's language."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> None:
        """Read them, a query for each kind that the rows have."""
        self._known = {
            form: read({row[c.name] for c in columns if c.form is form for row in rows} - {None})
            for form, read in READERS.items()
        }

    def text(self, form: Form, value: Any) -> str:
        """Return a value in words."""
        if value is None or value == "":
            return ""
        if form is Form.FEN:
            return yuan(value)
        if form is Form.COUNT:
            return count(value)
        if form is Form.WORD:
            return words(value)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, date):
            return value.isoformat()
        return self._known.get(form, {}).get(value, str(value))


_IDENTITIES = frozenset(
    {"line", "run", "trade", "transfer", "payout", "batch", "reading", "dispute", "change", "adjustment", "corrects"}
)


def _cell(column: Column, row: Mapping[str, Any], asked: Asked, names: Names) -> Cell:
    value = row[column.name]
    is_zero = column.form is Form.FEN and value == 0
    text = str(value) if column.name in _IDENTITIES and value is not None else names.text(column.form, value)
    leads = column.opens is not None and value not in (None, "") and not is_zero
    return Cell(column, text, _url(column.opens, row, asked) if leads and column.opens else "", is_zero)


def _url(opens: Opens, row: Mapping[str, Any], asked: Asked) -> str:
    if not opens.is_report:
        (key, name), *_more = opens.values.items()
        return reverse(PAGES[opens.page], kwargs={key: row[name]}) if row[name] is not None else ""
    taken = {limit.value for limit in REPORTS[opens.page].limits}
    if "period" in taken:
        taken |= {"from", "to"}
    taken.add("by")
    carried = {name: value for name, value in asked.values.items() if name in CARRIED}
    own = {name: row[column] for name, column in opens.values.items()}
    limits = {name: value for name, value in {**carried, **own}.items() if name in taken and value not in (None, "")}
    return f"{reverse('finance_report', args=[opens.page])}?{urlencode(limits)}"
