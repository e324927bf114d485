"""Reports for finance: a registry of them, what each is asked for, and the reconciliation table by market."""

from billing.reports.asked import Asked, read_asked
from billing.reports.filters import SettlementFilters, settlement_lines
from billing.reports.summary import Summary, SummaryGroup, SummaryRow, daily_values, settlement_summary

__all__ = [
    "Asked",
    "SettlementFilters",
    "Summary",
    "SummaryGroup",
    "SummaryRow",
    "daily_values",
    "read_asked",
    "settlement_lines",
    "settlement_summary",
]
