"""What the reports that hold books against each other say does not agree."""

from __future__ import annotations

from datetime import datetime

from billing.reports.asked import read_asked
from billing.reports.registry import REPORTS
from billing.reports.rows import read_totals


def report_differences(now: datetime) -> dict[str, int]:
    """Return the differences of every report over all time that are not 0, in fen, by name."""
    asked = read_asked({"from": "2025-01-01", "to": "2027-12-31"}, now=now)
    found: dict[str, int] = {}
    for name, report in REPORTS.items():
        sums = read_totals(report, asked).sums
        found |= {f"{name} {c.name}": sums[c.name] for c in report.columns(asked) if c.difference and sums[c.name]}
    return found
