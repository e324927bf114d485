"""What finance of the demo has done each week: documents, payouts that another approved, and the bank's statement booked line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from billing.bank.booking import book_line, set_line_aside
from billing.bank.importing import import_statement
from billing.bank.suggesting import suggest
from billing.dunning.levels import write_notices
from billing.invoicing import issue_invoices, periods_to_invoice
from billing.models import BankLine, InvoiceDue, Payout, PayoutBatch
from billing.payouts.batches import approve_batch, prepare_payouts, send_batch
from billing.payouts.refusal import UnableToPayOut
from billing.period import BEIJING
from billing.sealing import seal_transfers
from billing.tasks import GRACE
from marketplace.demo.people import APPROVER, BUYER, CREDITS, FINANCE
from marketplace.demo.stage import Stage

TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3
PAYOUT_MINIMUM_FEN = 10_000
FEES_FEN = 4_500  # what the bank takes for a week's payments
FEES_TEXT = "手续费 Charges"
DEPOSIT_FEN = 8_000_000
STRANGER_FEN = 128_000


def do_finance_day(*, stage: Stage, now: datetime) -> None:
    """Do what is due on a Beijing day that begins now; done again, nothing happens twice."""
    day = now.astimezone(BEIJING).date()
    if day.weekday() == TUESDAY:
        for start in periods_to_invoice(now=now - GRACE):
            issue_invoices(period_start=start, now=now)
    if day.weekday() == WEDNESDAY:
        _pay_out(now)
    if day.weekday() == THURSDAY:
        lines = [*_payout_lines(), *_credit_lines(stage, day), ("CHG", -FEES_FEN, "", FEES_TEXT)]
        _import(day, lines, now)
        _book(now)
    write_notices(now=now)


def bring_statement(*, now: datetime) -> None:
    """Import the bank's statement of today, which finance has still to go through: a deposit, what left, and a stranger's money."""
    lines = [
        ("IN", DEPOSIT_FEN, BUYER.legal_name, f"充值 Top up {BUYER.slug.upper()}"),
        *_payout_lines(),
        ("ODD", STRANGER_FEN, "示例物业管理有限公司 Property services (example)", "退款 Refund"),
        ("CHG", -FEES_FEN, "", FEES_TEXT),
    ]
    _import(now.astimezone(BEIJING).date(), lines, now)
    seal_transfers(now=now)


def _pay_out(now: datetime) -> None:
    if PayoutBatch.objects.filter(prepared_at__gte=now).exists():
        return
    try:
        batch = prepare_payouts(minimum_fen=PAYOUT_MINIMUM_FEN, by=FINANCE, now=now)
    except UnableToPayOut:  # nobody is owed that much
        return
    approve_batch(batch_id=batch.pk, by=APPROVER, now=now)
    send_batch(batch_id=batch.pk, by=FINANCE, now=now)


def _payout_lines() -> Iterator[tuple[str, int, str, str]]:
    out = Payout.objects.filter(state=Payout.State.RESERVED, batch__state=PayoutBatch.State.SENT).order_by("pk")
    for payout in out:
        yield f"P{payout.pk}", -payout.amount_fen, payout.payee, f"P{payout.pk} 结算款 Settlement"


def _credit_lines(stage: Stage, day: date) -> Iterator[tuple[str, int, str, str]]:
    payers = [stage.participants[credit.slug] for credit in CREDITS if credit.pays]
    due = InvoiceDue.objects.filter(participant_id__in=payers, open_fen__gt=0, due_on__lte=day)
    for invoice in due.select_related("invoice", "participant").order_by("due_on")[:1]:
        number = invoice.invoice.number
        yield f"I{invoice.pk}", invoice.open_fen, invoice.participant.legal_name, f"{number} 货款 Invoice"


def _import(day: date, lines: list[tuple[str, int, str, str]], now: datetime) -> None:
    rows = ["Date,Reference,Amount,Counterparty,Text"]
    rows += [
        f"{day},{day:%Y%m%d}-{name},{Decimal(amount_fen).scaleb(-2)},{who},{text}"
        for name, amount_fen, who, text in lines
    ]
    content = "\n".join(rows).encode()
    import_statement(content=content, file_name=f"statement-{day}.csv", imported_by=FINANCE, now=now)


def _book(now: datetime) -> None:
    lines = list(BankLine.objects.filter(state=BankLine.State.OPEN))
    suggested = suggest(lines)
    for line in lines:
        if (found := suggested.get(line.pk)) is not None:
            book_line(line_id=line.pk, book_as=found.book_as, target_id=found.target_id, by=FINANCE, now=now)
        elif line.text == FEES_TEXT:
            set_line_aside(line_id=line.pk, note="Bank charges", by=FINANCE, now=now)
