"""What a report's chart draws, in words of the page, and the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from billing.reports.asked import Asked
from billing.reports.frame import Chart, Form, Report
from billing.reports.rows import read_bars
from billing.reports.words import words
from marketplace.web.reports.cells import Names
from marketplace.web.templatetags.numbers import count, yuan
from matching.models import ComputeClass

COLOURS = 6


@dataclass(frozen=True, slots=True)
class ReportChart:
    """`data` for <report-chart>; `title` is the column's head; `table` has a row of words a bar."""

    data: dict[str, Any]
    title: str
    finding: str
    heads: list[str]
    table: list[list[str]]
    rest: int


def chart_of(report: Report, asked: Asked) -> ReportChart | None:
    """Return the chart, or None where there is nothing to draw."""
    chart = report.chart(asked)
    bars = read_bars(report, asked, chart) if chart else None
    if chart is None or bars is None or not bars.labels:
        return None
    columns = {column.name: column for column in report.columns(asked)}
    by = columns[chart.by]
    value = columns.get(chart.value)
    is_money = value is not None and value.form is Form.FEN
    names = Names([by], [{chart.by: label} for label in bars.labels])
    labels = [names.text(by.form, label) or "—" for label in bars.labels]
    positions = _positions(chart, list(bars.series))
    series = sorted(bars.series.items(), key=lambda item: positions.get(item[0], 0))[:COLOURS]
    write = yuan if is_money else count
    totals = [sum(values[place] for _name, values in series) for place in range(len(labels))]
    return ReportChart(
        data={
            "days": by.form is Form.DAY,
            "money": is_money,
            "labels": labels,
            "series": [
                {
                    "name": words(str(name)) if name else "",
                    "colour": f"c{(positions.get(name, place + 1) - 1) % COLOURS + 1}",
                    "values": [value / 100 if is_money else value for value in values],
                }
                for place, (name, values) in enumerate(series)
            ],
        },
        title=f"{value.label if value else words(chart.value)}",
        finding=f"{labels[totals.index(max(totals))]}: {write(max(totals))}",
        heads=[by.label, *(words(str(name)) if name else (value.label if value else "") for name, _values in series)],
        table=[[label, *(write(values[place]) for _name, values in series)] for place, label in enumerate(labels)],
        rest=bars.rest,
    )


def _positions(chart: Chart, names: list[Any]) -> dict[Any, int]:
    """Return the compute classes' places in every list, by slug: a class has one colour on all pages. Other series have none."""
    if chart.series != "compute_class":
        return {}
    return dict(ComputeClass.objects.filter(slug__in=names).values_list("slug", "position"))
