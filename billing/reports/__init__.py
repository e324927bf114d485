"""Settlement reports: lines, the reconciliation table, and their downloads."""

from billing.reports.filters import SettlementFilters, settlement_lines
from billing.reports.settlement_csv import write_csv
from billing.reports.settlement_xlsx import write_xlsx
from billing.reports.summary import Summary, SummaryGroup, SummaryRow, daily_values, settlement_summary

__all__ = [
    "SettlementFilters",
    "Summary",
    "SummaryGroup",
    "SummaryRow",
    "daily_values",
    "settlement_lines",
    "settlement_summary",
    "write_csv",
    "write_xlsx",
]
