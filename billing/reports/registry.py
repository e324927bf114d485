"""Every report by its name, in the order in which pages list them."""

from __future__ import annotations

from billing.reports.ageing import AGEING
from billing.reports.changes import CHANGES
from billing.reports.documents import DOCUMENTS
from billing.reports.fees import FEES
from billing.reports.frame import Report
from billing.reports.ledger import TRANSFERS, TRIAL_BALANCE
from billing.reports.lines import LINES
from billing.reports.payouts import PAYOUTS
from billing.reports.reconciliation import RECONCILIATION
from billing.reports.settlement import SETTLEMENT
from billing.reports.shortfalls import SHORTFALLS
from billing.reports.vouchers import VOUCHERS

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        SETTLEMENT,
        LINES,
        SHORTFALLS,
        RECONCILIATION,
        DOCUMENTS,
        TRIAL_BALANCE,
        TRANSFERS,
        AGEING,
        FEES,
        PAYOUTS,
        VOUCHERS,
        CHANGES,
    )
}
