"""What a client may ask, read from its messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from matching.refusal import Refusal

MESSAGE_BYTES_MAX = 4096
SPAN_HOURS_MAX = 24 * 31
OWN = "own"


class UnableToFollow(Refusal):
    """Base of what is wrong with a request; the socket stays open."""


class UnreadableMessage(UnableToFollow):
    code = "unreadable_message"
    sentence = _('Send JSON like {"do": "subscribe", "market": "A100-SXM4-80G.yangtze-delta"}.')


class UnreadableField(UnableToFollow):
    code = "unreadable_field"
    sentence = _("%(name)s must be %(kind)s.")


class NoSuchMarket(UnableToFollow):
    code = "no_such_market"
    field = "market"
    sentence = _("There is no market %(market)s. The symbols are at /api/v1/markets.")


class TooManySubscriptions(UnableToFollow):
    code = "too_many_subscriptions"
    field = "market"
    sentence = _("One connection follows at most %(max)s markets. Unsubscribe from one, or open another connection.")


class NotYourData(UnableToFollow):
    code = "participant_required"
    sentence = _(
        "Own orders, trades and balances need an organisation: connect with one of its API keys, or choose it on the pages."
    )


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Follow a market: from a snapshot of its hours `[start, start + hours)`, or from the event after `after`."""

    market: str
    after: int | None
    start: int | None
    hours: int | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Follow a market no more."""

    market: str


@dataclass(frozen=True, slots=True)
class SubscribeOwn:
    """Follow one's own orders, trades and balance."""


Request = Subscribe | Unsubscribe | SubscribeOwn


def read_request(text: str) -> Request:
    """Read a client's message; raises UnableToFollow."""
    try:
        message = json.loads(text)
    except ValueError:
        raise UnreadableMessage from None
    if not isinstance(message, dict) or message.get("do") not in ("subscribe", "unsubscribe"):
        raise UnreadableMessage
    if message["do"] == "subscribe" and message.get("channel") == OWN:
        return SubscribeOwn()
    market = message.get("market")
    if not isinstance(market, str) or len(market) > 90:
        raise UnreadableField(field="market", name="market", kind=_("the symbol of a market"))
    if message["do"] == "unsubscribe":
        return Unsubscribe(market)
    return Subscribe(
        market=market,
        after=_whole(message, "after", 2**62),
        start=_whole(message, "start", 10_000_000),
        hours=_whole(message, "hours", SPAN_HOURS_MAX),
    )


def _whole(message: dict[str, Any], name: str, most: int) -> int | None:
    value = message.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= most:
        raise UnreadableField(
            field=name, name=name, kind=_("a whole number from 0 to %(most)s") % {"most": f"{most:,}"}
        )
    return value
