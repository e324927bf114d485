"""The seam of a method of payment: where the payer is sent, and what is known of a payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.utils.translation import gettext_lazy as _


class Outcome(StrEnum):
    """What has become of a payment."""

    OPEN = "open"  # the payer has not finished
    WAITING = "waiting"  # the payer has finished, the money is on its way
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentPage:
    """Where a payer pays: the provider's own number of the payment and the address of its page."""

    reference: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What the provider says of one payment: `amount_fen` in the smallest unit of `currency` (ISO 4217, lower case)."""

    reference: str
    top_up_id: int | None  # our number, as the provider was given it
    outcome: Outcome
    amount_fen: int
    currency: str


class PaymentProviderUnavailable(Exception):
    """The provider of payments does not answer, or refuses; nothing has been paid by this call.

    Its text is the provider's, `sentence` is for the person who pays. Ask again after `retry_after_s`.
    """

    code = "payment_provider_unavailable"
    retry_after_s = 60
    sentence = _(
        "The payment page cannot be reached now. Nothing was charged; try again in a minute, or pay by bank transfer."
    )


class PaymentMethod(Protocol):
    """One way to pay in; raises PaymentProviderUnavailable where its provider does not answer."""

    name: str

    def open_page(
        self, *, top_up_id: int, amount_fen: int, return_url: str, language: str, expires_at: datetime
    ) -> PaymentPage:
        """Ask for a page on which `amount_fen` is paid; the same `top_up_id` again gives the same page."""
        ...

    def look_up(self, *, reference: str) -> Receipt:
        """Ask what has become of a payment."""
        ...
