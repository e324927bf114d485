"""Linking markets: those of one link group are played by one matcher, in one order, and commit together.

Only markets of one group can be named as alternatives by one order, so a market belongs with all that its buyers would take
instead. Every market is in the group `all` until an operator says otherwise; more groups let more matchers work.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import connection, transaction

from matching.leases import MAKE_LEASES, TELL_HOLDERS
from matching.models import Lease, Market


class UnableToLink(Exception):
    """Why markets cannot be linked."""


class UnknownMarkets(UnableToLink):
    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(f"There is no market {', '.join(symbols)}. Write symbols as in A100-SXM4-80G.yangtze-delta.")


class AlternativesSplit(UnableToLink):
    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(
            f"Open orders name alternatives across {', '.join(symbols)}. Link these together, or wait until such orders are gone."
        )


class LinkGroupMisnamed(UnableToLink):
    def __init__(self, link_group: str) -> None:
        length = Lease._meta.get_field("link_group").max_length
        super().__init__(f"{link_group!r} names no group. Use up to {length} letters, digits, hyphens and underscores.")


LINK_LOCK = 0x5A02
"""Key of the advisory lock that lets one link at a time."""

MAKE_LEASE = """
    INSERT INTO matching_lease (link_group, token, sequence, linked_sequence, error) VALUES (%s, 0, 0, 0, '')
    ON CONFLICT DO NOTHING
"""

LOCK_LEASES = "SELECT 1 FROM matching_lease WHERE link_group = ANY(%s) ORDER BY link_group FOR UPDATE"

# The new group's log goes on above every number that one of its markets has been given.
CHANGE_LEASES = """
    WITH changed AS (
        SELECT link_group,
               CASE WHEN link_group = %(link_group)s THEN max(sequence) OVER () ELSE sequence END AS sequence
        FROM matching_lease WHERE link_group = ANY(%(groups)s)
    )
    UPDATE matching_lease l
    SET holder_id = NULL, token = l.token + 1, sequence = changed.sequence, linked_sequence = changed.sequence
    FROM changed WHERE changed.link_group = l.link_group
"""


# The markets of orders that may still trade and no longer have all theirs in one group.
SPLIT = """
    WITH named AS (
        SELECT o.id, o.market_id FROM matching_order o
        WHERE o.state IN ('pending', 'open') AND o.alternative_count > 0
        UNION
        SELECT o.id, a.market_id FROM matching_order o JOIN matching_alternative a ON a.order_id = o.id
        WHERE o.state IN ('pending', 'open') AND o.alternative_count > 0
    ), split AS (
        SELECT n.id FROM named n JOIN matching_market m ON m.id = n.market_id
        GROUP BY n.id HAVING count(DISTINCT m.link_group) > 1
    )
    SELECT DISTINCT m.symbol FROM split JOIN named USING (id) JOIN matching_market m ON m.id = market_id ORDER BY m.symbol
"""


def keep_links() -> None:
    """Let nobody link markets anew until this transaction ends; for what relies on which markets are linked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LINK_LOCK])


@transaction.atomic
def link_markets(*, symbols: Sequence[str], link_group: str) -> None:
    """Make the markets members of `link_group`, from now on; raises UnknownMarkets, LinkGroupMisnamed, AlternativesSplit.

    Waits for the batches at hand. The matchers of every group that gains or loses a market find their leases gone and share
    them out anew.
    """
    check_name(link_group)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINK_LOCK])
        cursor.execute(MAKE_LEASES)
        cursor.execute(MAKE_LEASE, [link_group])
        found = dict(Market.objects.order_by().filter(symbol__in=symbols).values_list("symbol", "link_group"))
        if unknown := sorted(set(symbols) - found.keys()):
            raise UnknownMarkets(unknown)
        groups = [*{link_group, *found.values()}]
        cursor.execute(LOCK_LEASES, [groups])
        cursor.execute(CHANGE_LEASES, {"link_group": link_group, "groups": groups})
        Market.objects.order_by().filter(symbol__in=symbols).update(link_group=link_group)
        cursor.execute(SPLIT)
        if split := [row[0] for row in cursor.fetchall()]:
            raise AlternativesSplit(split)
        cursor.execute(TELL_HOLDERS)


def check_name(link_group: str) -> None:
    """Raise LinkGroupMisnamed unless `link_group` is a slug that fits."""
    try:
        validate_slug(link_group)
    except ValidationError:
        raise LinkGroupMisnamed(link_group) from None
    if len(link_group) > (Lease._meta.get_field("link_group").max_length or 0):
        raise LinkGroupMisnamed(link_group)
