"""Every stored concept of billing, one file each."""

from billing.models.access import AccessHandover, AccessOpening
from billing.models.account import Account
from billing.models.adjustment import Adjustment
from billing.models.bank import BankLine, BankStatement
from billing.models.clearing_cursor import ClearingCursor
from billing.models.close_request import CloseRequest
from billing.models.correction import Correction
from billing.models.credit_limit import CreditLimit
from billing.models.dispute import Dispute
from billing.models.fapiao import Fapiao
from billing.models.fee_day import FeeDay
from billing.models.fee_schedule import FeeSchedule
from billing.models.hold import Hold
from billing.models.invoice import Invoice
from billing.models.invoice_due import DunningNotice, InvoiceDue, InvoicePayment, WriteOff
from billing.models.invoice_line import InvoiceLine
from billing.models.ledger_seal import LedgerSeal
from billing.models.meter_reading import MeterReading
from billing.models.month_closing import MonthClosing
from billing.models.number_series import NumberSeries
from billing.models.obligation import Obligation
from billing.models.payment_event import PaymentEvent
from billing.models.payout import Payout, PayoutBatch
from billing.models.rate import Rate, TaxCode, TaxStatus
from billing.models.reliability import Reliability
from billing.models.replace_hold import ReplaceHold
from billing.models.report_file import ReportFile
from billing.models.report_subscription import ReportMailing, ReportSubscription
from billing.models.settlement_line import SettlementLine
from billing.models.settlement_run import SettlementRun
from billing.models.top_up import TopUp
from billing.models.transfer import Transfer
from billing.models.transfer_rule import TransferRule
from billing.models.vat_period import VatPeriod
from billing.models.version import Version
from billing.models.voucher import Voucher, VoucherProgramme, VoucherRate, VoucherUse

__all__ = [
    "AccessHandover",
    "AccessOpening",
    "Account",
    "Adjustment",
    "BankLine",
    "BankStatement",
    "ClearingCursor",
    "CloseRequest",
    "Correction",
    "CreditLimit",
    "Dispute",
    "DunningNotice",
    "Fapiao",
    "FeeDay",
    "FeeSchedule",
    "Hold",
    "Invoice",
    "InvoiceDue",
    "InvoiceLine",
    "InvoicePayment",
    "LedgerSeal",
    "MeterReading",
    "MonthClosing",
    "NumberSeries",
    "Obligation",
    "PaymentEvent",
    "Payout",
    "PayoutBatch",
    "Rate",
    "Reliability",
    "ReplaceHold",
    "ReportFile",
    "ReportMailing",
    "ReportSubscription",
    "SettlementLine",
    "SettlementRun",
    "TaxCode",
    "TaxStatus",
    "TopUp",
    "Transfer",
    "TransferRule",
    "VatPeriod",
    "Version",
    "Voucher",
    "VoucherProgramme",
    "VoucherRate",
    "VoucherUse",
    "WriteOff",
]
