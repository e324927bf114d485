"""Balances as they stood at any moment, and of what that moment's trial balance is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Balances:
    """An account's four balances at a moment, in fen."""

    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int

    @property
    def available_fen(self) -> int:
        """What could be spent or held: posted credits less posted and pending debits."""
        return self.credits_posted - self.debits_posted - self.debits_pending


# Today's balances less what moved after the moment. Where one account is asked for, its index by time gives those
# transfers; for all accounts the BRIN index on the time does.
_SIDE = """
    SELECT x.{side}_account_id AS account_id, {is_debit} AS is_debit,
        CASE x.phase WHEN 'pending' THEN x.amount_fen WHEN 'posted' THEN 0 ELSE -p.amount_fen END AS pending_fen,
        CASE WHEN x.phase IN ('posted', 'post') THEN x.amount_fen ELSE 0 END AS posted_fen
    FROM billing_transfer x LEFT JOIN billing_transfer p ON p.id = x.pending_id
    WHERE x.at > %(at)s {only}
"""

_AS_OF = """
WITH later AS (
    SELECT account_id,
        coalesce(sum(pending_fen) FILTER (WHERE is_debit), 0)::bigint AS debits_pending,
        coalesce(sum(posted_fen) FILTER (WHERE is_debit), 0)::bigint AS debits_posted,
        coalesce(sum(pending_fen) FILTER (WHERE NOT is_debit), 0)::bigint AS credits_pending,
        coalesce(sum(posted_fen) FILTER (WHERE NOT is_debit), 0)::bigint AS credits_posted
    FROM ({debits} UNION ALL {credits}) AS side GROUP BY account_id
)
SELECT a.id, a.debits_pending - coalesce(l.debits_pending, 0), a.debits_posted - coalesce(l.debits_posted, 0),
    a.credits_pending - coalesce(l.credits_pending, 0), a.credits_posted - coalesce(l.credits_posted, 0)
FROM billing_account a LEFT JOIN later l ON l.account_id = a.id {accounts}
"""


def balances_as_of(*, at: datetime, account_ids: Sequence[int] | None = None) -> dict[int, Balances]:
    """Return the balances by account after every transfer of `at` or earlier; of all accounts unless some are named.

    One statement, so one moment of a running exchange.
    """
    statement = _statement(is_all=account_ids is None)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"at": at, "accounts": list(account_ids or ())})
        names = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
        return {row[0]: Balances(**dict(zip(names, row[1:], strict=True))) for row in cursor.fetchall()}


def as_of_sql(*, at: datetime | None) -> tuple[str, tuple[datetime, ...]]:
    """Return a SELECT of every account's id and its four balances after `at` (None: now), and its parameters."""
    if at is None:
        return "SELECT id, debits_pending, debits_posted, credits_pending, credits_posted FROM billing_account", ()
    return _statement(is_all=True).replace("%(at)s", "%s"), (at, at)


def _statement(*, is_all: bool) -> str:
    sides = {
        f"{side}s": _SIDE.format(
            side=side, is_debit=side == "debit", only="" if is_all else f"AND x.{side}_account_id = ANY(%(accounts)s)"
        )
        for side in ("debit", "credit")
    }
    return _AS_OF.format(**sides, accounts="" if is_all else "WHERE a.id = ANY(%(accounts)s)")
