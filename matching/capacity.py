"""Capacity: an ask commits what its participant holds at the site, hour by hour, before it may trade."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from matching.bulk import array_literal
from matching.entry import CheckedOrder, UnableToPlaceOrder
from matching.hours import moment_of

Key = tuple[int, int, int]
"""Participant, site, hour: a holding."""


class NothingToSell(UnableToPlaceOrder):
    """The participant holds too little at the site in some hour; `hour` and `free` say where and how much is left."""

    code = "nothing_to_sell"
    field = "quantity"
    sentence = _(
        "You have %(free)s free accelerators at %(site)s in the hour from %(start)s, and this ask needs %(quantity)s. "
        "Offer fewer, or choose other hours."
    )

    def __init__(self, *, site: str, hour: int, free: int, quantity: int) -> None:
        start: datetime = moment_of(hour)
        super().__init__(site=site, start=start, free=free, quantity=quantity)
        self.hour = hour
        self.free = free


MAKE_PROVIDERS_ROWS = """
    INSERT INTO matching_holding (participant_id, site_id, hour, capacity, committed)
    SELECT s.provider_id, s.id, k.hour, s.accelerators, 0
    FROM unnest(%s::int[], %s::int[], %s::int[]) AS k (participant_id, site_id, hour)
    JOIN matching_site s ON s.id = k.site_id AND s.provider_id = k.participant_id
    ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
"""

LOCK_HOLDINGS = """
    SELECT h.participant_id, h.site_id, h.hour, h.capacity - h.committed
    FROM matching_holding h
    JOIN unnest(%s::int[], %s::int[], %s::int[]) AS k (participant_id, site_id, hour)
        USING (participant_id, site_id, hour)
    ORDER BY 1, 2, 3
    FOR UPDATE OF h
"""

COMMIT = """
    UPDATE matching_holding h SET committed = h.committed + k.quantity
    FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[]) AS k (participant_id, site_id, hour, quantity)
    WHERE h.participant_id = k.participant_id AND h.site_id = k.site_id AND h.hour = k.hour
"""


def commit_capacity(*, checked: Sequence[CheckedOrder]) -> list[NothingToSell | None]:
    """Commit each ask's hours, in the order given, or say what it lacks; two statements, two more where rows are made.

    A provider's rows are made with its site's accelerators as capacity when first needed. A block that may start at several
    hours commits all of them until it has executed. Rows are locked in the order of their key, as the matcher locks
    them, until the transaction ends.
    """
    wanted = sorted({key for ask in checked for key in keys_of(ask)})
    if not wanted:
        return []
    columns = transposed(wanted)
    with connection.cursor() as cursor:
        free = lock_holdings(cursor, columns)
        if len(free) < len(wanted):
            cursor.execute(MAKE_PROVIDERS_ROWS, columns)
            free = lock_holdings(cursor, columns)
        taken: dict[Key, int] = {}
        verdicts = [take(ask, free, taken) for ask in checked]
        if taken:
            keys = sorted(taken)
            cursor.execute(COMMIT, [*transposed(keys), array_literal(taken[key] for key in keys)])
    return verdicts


def lock_holdings(cursor: CursorWrapper, columns: Sequence[str]) -> dict[Key, int]:
    """Lock the holdings and return what is free of each that there is."""
    cursor.execute(LOCK_HOLDINGS, columns)
    return {(participant_id, site_id, hour): free for participant_id, site_id, hour, free in cursor.fetchall()}


def keys_of(ask: CheckedOrder) -> Iterable[Key]:
    """Yield the holdings that an ask might deliver from."""
    request = ask.request
    for hour in range(request.start, request.end):
        yield request.participant_id, request.site_id or 0, hour


def take(ask: CheckedOrder, free: dict[Key, int], taken: dict[Key, int]) -> NothingToSell | None:
    """Take an ask's hours from what is free, all of them or none."""
    quantity = ask.request.quantity
    keys = list(keys_of(ask))
    scarce = min(keys, key=lambda key: free.get(key, 0))
    if free.get(scarce, 0) < quantity:
        site = ask.site.name if ask.site else ""
        return NothingToSell(site=site, hour=scarce[2], free=free.get(scarce, 0), quantity=quantity)
    for key in keys:
        free[key] -= quantity
        taken[key] = taken.get(key, 0) + quantity
    return None


def transposed(keys: Sequence[Key]) -> list[str]:
    """Return keys as one array a column."""
    return [array_literal(column) for column in zip(*keys, strict=True)]
