"""Stripe Checkout as a method of payment: a hosted page, and signed events that say what became of it."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import stripe
from django.conf import settings
from stripe.checkout import Session

from billing.payments.method import Outcome, PaymentPage, PaymentProviderUnavailable, Receipt

CURRENCY = "cny"
EVENTS = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
}
"""What a Checkout session tells of its payment; subscribe the endpoint to these (docs.stripe.com/payments/checkout/fulfillment)."""

TIMEOUT_S = 10
RETRIES = 2


class EventNotSigned(Exception):
    """What came in is not from Stripe, too old, or no event."""


def is_offered() -> bool:
    """Whether this exchange has keys for Stripe."""
    return bool(settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET)


class StripeCheckout:
    """A PaymentMethod; `client` speaks to Stripe."""

    name = "stripe"

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def open_page(
        self, *, top_up_id: int, amount_fen: int, return_url: str, language: str, expires_at: datetime
    ) -> PaymentPage:
        """Create the Checkout session of a top-up, or find the one that the same call has created before."""
        session = self._ask(
            lambda: self._client.v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": CURRENCY,
                                "unit_amount": amount_fen,
                                "product_data": {"name": "算市 Suanshi top-up"},
                            },
                        }
                    ],
                    "client_reference_id": str(top_up_id),
                    "metadata": {"top_up": str(top_up_id)},
                    "payment_intent_data": {"metadata": {"top_up": str(top_up_id)}},
                    "success_url": return_url,
                    "cancel_url": return_url,
                    "locale": "zh" if language.startswith("zh") else "en",
                    "expires_at": int(expires_at.timestamp()),
                },
                {"idempotency_key": f"top-up-{top_up_id}"},
            )
        )
        return PaymentPage(reference=session.id, url=session.url or "")

    def look_up(self, *, reference: str) -> Receipt:
        """Read a session as it now stands."""
        return receipt_of(self._ask(lambda: self._client.v1.checkout.sessions.retrieve(reference)))

    def read_event(self, *, payload: bytes, signature: str) -> tuple[str, Receipt | None]:
        """Return a signed event's id and the receipt in it, None where it is of no Checkout payment; raises EventNotSigned."""
        try:
            event = self._client.construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise EventNotSigned(str(error)) from error
        if event.type not in EVENTS:
            return event.id, None
        session = event.data.object
        failed = event.type == "checkout.session.async_payment_failed"
        return event.id, receipt_of(session, failed=failed)  # type: ignore[arg-type]  # one of EVENTS carries a Session

    def _ask(self, question: object) -> Session:
        try:
            return question()  # type: ignore[operator,no-any-return]
        except stripe.StripeError as error:
            raise PaymentProviderUnavailable(error.user_message or str(error)) from error


def receipt_of(session: Session, *, failed: bool = False) -> Receipt:
    """Read a Checkout session; `failed` says that a delayed payment has failed, which the session itself does not tell."""
    number = session.client_reference_id or ""
    return Receipt(
        reference=session.id,
        top_up_id=int(number) if number.isdecimal() else None,
        outcome=Outcome.FAILED if failed else _outcome_of(session),
        amount_fen=session.amount_total or 0,
        currency=session.currency or "",
    )


def _outcome_of(session: Session) -> Outcome:
    if session.payment_status == "paid":
        return Outcome.PAID
    if session.status == "expired":
        return Outcome.EXPIRED
    return Outcome.WAITING if session.status == "complete" else Outcome.OPEN


@cache
def stripe_checkout() -> StripeCheckout:
    """Return the method with this exchange's keys; STRIPE_API_URL may name another server that speaks Stripe's API."""
    client = stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_URL} if settings.STRIPE_API_URL else None,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
    )
    return StripeCheckout(client)
