"""The inbox from entry's side: waking the matchers, and back-pressure where they do not keep up."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from matching.prepared import prepared_cursor
from matching.refusal import Refusal

RETRY_AFTER_S = 2


class ExchangeBusy(Refusal):
    """More waits for a matcher than it should; nothing of the call has been done. Ask again after `retry_after_s`."""

    code = "exchange_busy"
    sentence = _(
        "More orders are waiting than the exchange can match at once. Nothing was placed; send it again in a moment."
    )
    retry_after_s = RETRY_AFTER_S


# Counts no further than the bound, so that a long inbox costs no more than one that is just too long.
IS_FULL = """
    SELECT EXISTS (
        SELECT 1 FROM (SELECT DISTINCT link_group FROM matching_market WHERE id = ANY(%(markets)s)) g
        WHERE %(bound)s < (
            SELECT count(*) FROM (
                SELECT 1 FROM matching_command c JOIN matching_market m ON m.id = c.market_id
                WHERE c.sequence IS NULL AND m.link_group = g.link_group LIMIT %(bound)s + 1
            ) waiting
        )
    )
"""


def check_room(market_ids: Iterable[int]) -> None:
    """Raise ExchangeBusy where more than `settings.INBOX_MAX` commands wait in the link group of one of these markets.

    For what brings orders in. Cancels and cuts always enter: they ask less of the matcher than what they take out, and nobody
    should be kept in an order by a queue.
    """
    with prepared_cursor() as cursor:
        cursor.execute(IS_FULL, {"markets": sorted(set(market_ids)), "bound": settings.INBOX_MAX})
        (is_full,) = cursor.fetchone()
    if is_full:
        raise ExchangeBusy


def wake_matcher() -> None:
    """Tell the matcher, when this transaction commits, that its inbox has something."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT pg_notify('matcher', '')")
