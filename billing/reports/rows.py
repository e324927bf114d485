"""A report's rows for pages: one screen of them, their totals, and what the chart draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Query, Report

BARS_MAX = 14


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows there are, and the sums of the columns that add up, by name."""

    rows: int
    sums: dict[str, int]


def read_totals(report: Report, asked: Asked) -> Totals:
    """Count the rows and add them up."""
    query = report.query(asked)
    adding = [column.name for column in report.columns(asked) if column.adds]
    sums = "".join(f", coalesce(sum({name}), 0)::bigint" for name in adding)
    rows, *values = _read(f"SELECT count(*){sums} FROM ({query.sql}) AS r", query.parameters)[0]
    return Totals(rows, dict(zip(adding, values, strict=True)))


def read_rows(report: Report, asked: Asked, *, offset: int, limit: int) -> list[dict[str, Any]]:
    """Return rows from `offset` on, by column name, with what leads elsewhere."""
    query = report.query(asked)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query.sql}) AS r ORDER BY {query.order} LIMIT %s OFFSET %s", [*query.parameters, limit, offset])  # fmt: skip
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Bars:
    """What a chart draws: `labels`, and a row of values for each series; `rest` are labels that were left out."""

    labels: Sequence[Any]
    series: dict[Any, list[int]]
    rest: int


def read_bars(report: Report, asked: Asked, chart: Chart) -> Bars:
    """Add up what the chart shows. Of many names the largest are kept; days and periods are all kept, in order."""
    query = report.query(asked)
    is_time = _column(report, asked, chart.by).form == "day"
    series = chart.series or "''"
    rows = _read(
        f"SELECT {chart.by}, {series}, coalesce(sum({chart.value}), 0)::bigint FROM ({query.sql}) AS r GROUP BY 1, 2 ORDER BY 1, 2",
        query.parameters,
    )
    sizes: dict[Any, int] = {}
    for label, _name, value in rows:
        sizes[label] = sizes.get(label, 0) + abs(value)
    labels = list(sizes) if is_time else sorted(sizes, key=lambda label: -sizes[label])
    kept = labels if is_time else [label for label in labels if sizes[label]][:BARS_MAX]
    places = {label: place for place, label in enumerate(kept)}
    found: dict[Any, list[int]] = {}
    for label, name, value in rows:
        if label in places:
            found.setdefault(name, [0] * len(kept))[places[label]] = value
    return Bars(kept, found, len(labels) - len(kept))


def _column(report: Report, asked: Asked, name: str) -> Column:
    return next(column for column in report.columns(asked) if column.name == name)


def ordered(query: Query, selected: str) -> tuple[str, Sequence[Any]]:
    """Return a whole statement over a query, in its order."""
    return f"SELECT {selected} FROM ({query.sql}) AS r ORDER BY {query.order}", query.parameters


def _read(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
