"""Top-ups: started by a participant, ended by what the provider of payments says, booked once whatever it says twice.

A payment is known to us before its page exists, so a kill at any line leaves a top-up that the next call, the provider's
event or `check_top_ups` carries on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from billing.funds import UnableToDeposit, deposit_funds
from billing.models import Account, PaymentEvent, TopUp
from billing.money import yuan
from billing.payments.method import Outcome, PaymentMethod, PaymentProviderUnavailable, Receipt

CURRENCY = "cny"
AMOUNT_FEN_MIN, AMOUNT_FEN_MAX = 1_000, 99_999_999
"""At least 10 yuan, so that no fee eats it; at most what a Checkout session may charge (docs.stripe.com/currencies)."""

PAGE_LASTS = timedelta(hours=1)
QUIET = timedelta(minutes=10)
"""How long an event may stay away before the provider is asked."""

STATE_OF = {
    Outcome.OPEN: TopUp.State.OPEN,
    Outcome.WAITING: TopUp.State.WAITING,
    Outcome.FAILED: TopUp.State.FAILED,
    Outcome.EXPIRED: TopUp.State.EXPIRED,
}


class AmountOutOfBounds(UnableToDeposit):
    """More or less than can be paid in at once."""

    code = "amount_out_of_bounds"

    def __init__(self) -> None:
        """Say what can be."""
        low, high = yuan(AMOUNT_FEN_MIN), yuan(AMOUNT_FEN_MAX)
        super().__init__(
            _("Pay in between %(low)s and %(high)s at once. For more, use a bank transfer.")
            % {"low": low, "high": high}
        )


class TopUpKeyReused(UnableToDeposit):
    """The key has started a top-up of another amount."""

    code = "top_up_key_reused"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(_("This payment has been started with another amount. Start a new one."))


def start_top_up(
    *,
    participant_id: int,
    amount_fen: int,
    key: str,
    method: PaymentMethod,
    return_url: str,
    language: str,
    now: datetime,
) -> TopUp:
    """Return a top-up with the page on which it is paid; the same `key` again returns the same one.

    `return_url` has `{top_up}` where its number goes. Raises AmountOutOfBounds, TopUpKeyReused, PaymentProviderUnavailable;
    after the last, the same call again goes on where it stopped. Must not run in a transaction: the provider is asked after
    ours has been committed.
    """
    if not AMOUNT_FEN_MIN <= amount_fen <= AMOUNT_FEN_MAX:
        raise AmountOutOfBounds
    values = {
        "method": method.name,
        "amount_fen": amount_fen,
        "started_at": now,
        "expires_at": now + PAGE_LASTS,
    }
    top_up, _is_new = TopUp.objects.get_or_create(participant_id=participant_id, key=key, defaults=values)
    if top_up.amount_fen != amount_fen or top_up.method != method.name:
        raise TopUpKeyReused
    if top_up.reference is None and top_up.is_open:
        page = method.open_page(
            top_up_id=top_up.pk,
            amount_fen=amount_fen,
            return_url=return_url.format(top_up=top_up.pk),
            language=language,
            expires_at=top_up.expires_at,
        )
        TopUp.objects.filter(pk=top_up.pk).update(reference=page.reference, page_url=page.url)
        top_up.refresh_from_db()
    return top_up


@transaction.atomic
def take_in(*, method: str, receipt: Receipt, now: datetime, event_id: str | None = None) -> TopUp | None:
    """Bring a top-up to what a receipt says and book its money, once; returns it, None where it is none of ours.

    The event's id is kept in the same transaction, so the same event again does nothing. Receipts may come in any order:
    money that has arrived is booked whatever was said before, and nothing said after takes it back.
    """
    if event_id is not None:
        _event, is_new = PaymentEvent.objects.get_or_create(method=method, event_id=event_id, defaults={"at": now})
        if not is_new:
            return TopUp.objects.filter(method=method, reference=receipt.reference).first()
    mine = TopUp.objects.select_for_update(of=("self",)).filter(method=method)
    top_up = mine.filter(reference=receipt.reference).first()
    if top_up is None and receipt.top_up_id is not None:  # the event was quicker than the answer with the page
        top_up = mine.filter(pk=receipt.top_up_id, reference=None).first()
    if top_up is None:
        return None
    top_up.reference = receipt.reference
    if top_up.state not in (TopUp.State.PAID, TopUp.State.MISMATCH):
        _move(top_up, receipt, now)
    top_up.save()
    return top_up


def _move(top_up: TopUp, receipt: Receipt, now: datetime) -> None:
    if receipt.outcome == Outcome.PAID and (receipt.amount_fen, receipt.currency) != (top_up.amount_fen, CURRENCY):
        top_up.state, top_up.ended_at = TopUp.State.MISMATCH, now
        top_up.note = f"{receipt.amount_fen} {receipt.currency}"
    elif receipt.outcome == Outcome.PAID:
        top_up.transfer_id = deposit_funds(
            participant_id=top_up.participant_id,
            amount_fen=top_up.amount_fen,
            key=f"{top_up.method}:{receipt.reference}",
            arrived_at=Account.Kind.PROCESSOR,
            now=now,
        )
        top_up.state, top_up.ended_at = TopUp.State.PAID, now
    elif top_up.is_open:
        top_up.state = STATE_OF[receipt.outcome]
        top_up.ended_at = now if top_up.state in (TopUp.State.FAILED, TopUp.State.EXPIRED) else None


def check_top_up(*, top_up: TopUp, method: PaymentMethod, now: datetime) -> TopUp:
    """Ask the provider what has become of one top-up and take that in; raises PaymentProviderUnavailable."""
    if top_up.reference is None or not top_up.is_open:
        return top_up
    receipt = method.look_up(reference=top_up.reference)
    return take_in(method=method.name, receipt=receipt, now=now) or top_up


def check_top_ups(*, method: PaymentMethod, now: datetime) -> int:
    """Ask after the payments whose events have not come, and end those that never got a page; returns how many ended."""
    open_ones = TopUp.objects.filter(state__in=[TopUp.State.OPEN, TopUp.State.WAITING], method=method.name)
    pageless = open_ones.filter(reference=None, expires_at__lt=now - PAGE_LASTS)
    ended = pageless.update(state=TopUp.State.EXPIRED, ended_at=now)
    for top_up in open_ones.filter(reference__isnull=False, started_at__lt=now - QUIET).order_by("pk"):
        try:
            ended += not check_top_up(top_up=top_up, method=method, now=now).is_open
        except PaymentProviderUnavailable:
            break
    return ended
