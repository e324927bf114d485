"""Capacity: an ask commits what its participant holds at the site, hour by hour, before it may trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from matching.bulk import array_literal
from matching.entry import CheckedOrder, UnableToPlaceOrder
from matching.hours import moment_of
from matching.prepared import prepared_cursor
from matching.replace import CheckedReplace

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
    SELECT h.participant_id, h.site_id, h.hour, greatest(h.capacity - h.out_of_service - h.committed, 0)
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


@dataclass(frozen=True, slots=True)
class Want:
    """What one ask, or one raise of an ask, commits: accelerators by holding."""

    site: str
    by_key: dict[Key, int]


def commit_capacity(*, checked: Sequence[CheckedOrder]) -> list[NothingToSell | None]:
    """Commit each ask's hours, in the order given, or say what it lacks; two statements, two more where rows are made.

    A provider's rows are made with its site's accelerators as capacity when first needed. A block that may start at several
    hours commits all of them until it has executed. Rows are locked in the order of their key, as the matcher locks
    them, until the transaction ends.
    """
    return commit([want_of(ask) for ask in checked])


def commit_raises(*, checked: Sequence[CheckedReplace]) -> list[NothingToSell | None]:
    """Commit what each replace of an ask may raise, or say what it lacks; the matcher gives it back when it has read the replace."""
    return commit([want_of_raise(replace) for replace in checked])


def want_of(ask: CheckedOrder) -> Want:
    """An ask wants its quantity wherever it might deliver from."""
    request = ask.request
    keys = [(request.participant_id, request.site_id or 0, hour) for hour in range(request.start, request.end)]
    return Want(ask.site.name if ask.site else "", dict.fromkeys(keys, request.quantity))


def want_of_raise(replace: CheckedReplace) -> Want:
    order = replace.order
    by_key = {(order.participant_id, order.site_id or 0, hour): raised for hour, raised in replace.raised}
    return Want(order.site.name if order.site else "", by_key)


def commit(wants: Sequence[Want]) -> list[NothingToSell | None]:
    """Commit all or nothing of each want, in the order given."""
    wanted = sorted({key for want in wants for key in want.by_key})
    if not wanted:
        return [None] * len(wants)
    columns = transposed(wanted)
    with prepared_cursor() as cursor:
        free = lock_holdings(cursor, columns)
        if len(free) < len(wanted):
            cursor.execute(MAKE_PROVIDERS_ROWS, columns)
            free = lock_holdings(cursor, columns)
        taken: dict[Key, int] = {}
        verdicts = [take(want, free, taken) for want in wants]
        if taken:
            keys = sorted(taken)
            cursor.execute(COMMIT, [*transposed(keys), array_literal(taken[key] for key in keys)])
    return verdicts


def lock_holdings(cursor: CursorWrapper, columns: Sequence[str]) -> dict[Key, int]:
    """Lock the holdings and return what is free of each that there is."""
    cursor.execute(LOCK_HOLDINGS, columns)
    return {(participant_id, site_id, hour): free for participant_id, site_id, hour, free in cursor.fetchall()}


def take(want: Want, free: dict[Key, int], taken: dict[Key, int]) -> NothingToSell | None:
    """Take what is wanted from what is free, all of it or none."""
    if not want.by_key:
        return None
    scarce = min(want.by_key, key=lambda key: free.get(key, 0) - want.by_key[key])
    if free.get(scarce, 0) < want.by_key[scarce]:
        return NothingToSell(site=want.site, hour=scarce[2], free=free.get(scarce, 0), quantity=want.by_key[scarce])
    for key, quantity in want.by_key.items():
        free[key] -= quantity
        taken[key] = taken.get(key, 0) + quantity
    return None


def transposed(keys: Sequence[Key]) -> list[str]:
    """Return keys as one array a column."""
    return [array_literal(column) for column in zip(*keys, strict=True)]
