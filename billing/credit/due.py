"""What is due of invoices: each of a buyer with terms of payment is open until money has paid it.

How much of a buyer's invoices is open follows from the ledger alone: what it owes (its funds below zero) less what is settled and
not invoiced yet. Money pays the invoice it names first, then the one that is due first. What vouchers pay of a week belongs to the
invoice of that week, which says so; it pays no older one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Sum

from billing.credit.in_force import limit_in_force
from billing.models import Account, Invoice, InvoiceDue, InvoicePayment, VatPeriod, VoucherUse
from billing.period import BEIJING

FINAL = 3
"""The level of dunning that stops new bids."""

_KIND = InvoicePayment.Kind


@transaction.atomic
def open_due(*, invoices: Sequence[Invoice], now: datetime) -> list[InvoiceDue]:
    """Note when invoices issued now are due, for buyers with terms of payment; what they have prepaid pays them at once."""
    today = now.astimezone(BEIJING).date()
    dues = []
    for invoice in invoices:
        terms = limit_in_force(participant_id=invoice.participant_id, day=today)
        if invoice.kind != Invoice.Kind.INVOICE or terms is None or not (terms.limit_fen or _owes(invoice)):
            continue
        dues.append(
            InvoiceDue(
                invoice=invoice,
                participant_id=invoice.participant_id,
                terms_days=terms.terms_days,
                due_on=today + timedelta(days=terms.terms_days),
                total_fen=invoice.total_fen,
            )
        )
    InvoiceDue.objects.bulk_create(dues)
    # Locks are taken in one order everywhere: accounts by id, then what is due.
    buyers = Account.objects.filter(kind=Account.Kind.FUNDS, participant_id__in={due.participant_id for due in dues})
    new_of = {due.participant_id: due.pk for due in dues}
    for participant_id in buyers.order_by("pk").values_list("participant_id", flat=True):
        assert participant_id is not None
        pay_invoices(participant_id=participant_id, now=now, kind=_KIND.PREPAID, first_id=new_of[participant_id])
    return dues


def pay_all(*, now: datetime) -> int:
    """Let what has come in pay what is open, a transaction a buyer; returns how many buyers' invoices changed. Rerunnable."""
    buyers = InvoiceDue.objects.order_by("participant_id").values_list("participant_id", flat=True).distinct()
    return sum(pay_invoices(participant_id=participant_id, now=now) != 0 for participant_id in buyers)


@transaction.atomic
def pay_invoices(
    *,
    participant_id: int,
    now: datetime,
    kind: InvoicePayment.Kind = _KIND.PAYMENT,
    transfer_id: int | None = None,
    first_id: int | None = None,
) -> int:
    """Make a buyer's open invoices what the ledger says it owes for them; returns the fen that were paid, negative if taken back.

    `first_id` is paid before the others, which go by due date, and alone by way of `kind`. `transfer_id` is the money that
    came. Nothing happens for a buyer without terms.
    """
    if not InvoiceDue.objects.filter(participant_id=participant_id).exists():
        return 0
    account = lock_funds(participant_id)
    dues = list(InvoiceDue.objects.select_for_update(no_key=True).filter(participant_id=participant_id))
    dues.sort(key=lambda due: (due.pk != first_id, due.due_on, due.pk))
    owed_fen = account.debits_posted - account.credits_posted - not_invoiced_fen(participant_id)
    open_fen = sum(due.open_fen for due in dues)
    change_fen = open_fen - max(owed_fen, 0)
    kinds = {} if first_id is None else {first_id: kind}
    paid_fen = _pay(dues, change_fen, kinds, transfer_id, now) if change_fen > 0 else _take_back(dues, -change_fen, now)
    if paid_fen:
        restop_bids(participant_id=participant_id, now=now)
    return paid_fen


def lock_funds(participant_id: int) -> Account:
    """Lock a buyer's funds, before what is due of its invoices, until the transaction ends."""
    accounts = Account.objects.select_for_update(no_key=True)
    return accounts.get(participant_id=participant_id, kind=Account.Kind.FUNDS)


def not_invoiced_fen(participant_id: int) -> int:
    """Return what is settled with fee and VAT, less what vouchers paid, in periods of which the buyer has no invoice yet."""
    invoiced = Invoice.objects.filter(kind=Invoice.Kind.INVOICE, participant_id=participant_id)
    periods = VatPeriod.objects.filter(~Exists(invoiced.filter(start=OuterRef("start"))), participant_id=participant_id)
    settled_fen = periods.aggregate(fen=Sum(F("settled_base_fen") + F("posted_fen")))["fen"] or 0
    of_an_invoice = Exists(invoiced.filter(start__lte=OuterRef("day"), end__gt=OuterRef("day")))
    uses = VoucherUse.objects.filter(~of_an_invoice, voucher__participant_id=participant_id)
    return settled_fen - (uses.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def restop_bids(*, participant_id: int, now: datetime) -> bool:
    """Stop a buyer's new bids while an invoice of a final notice is open and its dunning not on hold; else let them go on."""
    final = InvoiceDue.objects.filter(participant_id=participant_id, level=FINAL, open_fen__gt=0, held_at=None)
    is_stopped = final.exists()
    accounts = Account.objects.filter(participant_id=participant_id, kind=Account.Kind.FUNDS)
    accounts.filter(bids_stopped_at__isnull=is_stopped).update(bids_stopped_at=now if is_stopped else None)
    return is_stopped


def _owes(invoice: Invoice) -> bool:
    account = Account.objects.filter(participant_id=invoice.participant_id, kind=Account.Kind.FUNDS).first()
    return account is not None and account.debits_posted > account.credits_posted


def _pay(
    dues: Iterable[InvoiceDue],
    amount_fen: int,
    kinds: Mapping[int, InvoicePayment.Kind],
    transfer_id: int | None,
    now: datetime,
) -> int:
    left_fen = amount_fen
    for due in dues:
        part_fen = min(due.open_fen, left_fen)
        if part_fen:
            _book(due, kinds.get(due.pk, _KIND.PAYMENT), part_fen, transfer_id, now)
            left_fen -= part_fen
    return amount_fen - left_fen


def _take_back(dues: Sequence[InvoiceDue], amount_fen: int, now: datetime) -> int:
    """Open invoices again, the latest due first, as far as money (and no write-off) had paid them."""
    left_fen = amount_fen
    for due in reversed(dues) if left_fen else ():
        given_up_fen = due.payments.filter(kind=_KIND.WRITE_OFF).aggregate(fen=Sum("amount_fen"))["fen"] or 0
        part_fen = min(due.paid_fen - given_up_fen, left_fen)
        if part_fen:
            _book(due, _KIND.RETURNED, -part_fen, None, now)
            left_fen -= part_fen
    return left_fen - amount_fen


def _book(due: InvoiceDue, kind: InvoicePayment.Kind, amount_fen: int, transfer_id: int | None, now: datetime) -> None:
    InvoicePayment.objects.create(due=due, kind=kind, amount_fen=amount_fen, transfer_id=transfer_id, at=now)
    due.paid_fen += amount_fen
    due.save(update_fields=["paid_fen"])
