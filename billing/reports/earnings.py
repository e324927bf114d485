"""What a provider earned: gross, shortfall, penalty, fee and net, by day and site, and line by line; to the fen of the ledger.

Gross is what it sold and what has been settled, at the trades' prices. Shortfall and penalty are charged to the provider
of the site, whoever sold there; what is contested is kept back until it is decided. VAT is the buyer's: a provider's
earnings are before VAT, so none is taken or added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from billing.period import DAY_SQL, PERIOD_SQL


@dataclass(frozen=True, kw_only=True, slots=True)
class EarningsRow:
    """Sums in fen of a period, of a day and site, or of a trade's hours; `net_fen` is what the provider gets."""

    start: int = 0  # first delivery hour of the period, the day or the line
    site_id: int = 0
    trade_id: int = 0
    hours: int = 0
    accelerator_hours: int = 0
    gross_fen: int = 0
    shortfall_fen: int = 0
    penalty_fen: int = 0
    fee_fen: int = 0
    kept_back_fen: int = 0  # in open disputes

    @property
    def vat_fen(self) -> int:
        """VAT taken off: none, since the buyer pays it on top."""
        return 0

    @property
    def net_fen(self) -> int:
        return self.gross_fen - self.shortfall_fen - self.penalty_fen - self.fee_fen - self.vat_fen - self.kept_back_fen


# A flow a settled line that it sold, and a flow an adjustment at its sites; each with its hour.
_FLOWS = """
flow AS (
    SELECT l.start AS hour, o.site_id, l.trade_id, l.hours, l.accelerator_hours, l.value_fen AS gross, 0::bigint AS short,
        0::bigint AS penalty, l.seller_fee_fen AS fee, 0::bigint AS kept
    FROM billing_settlementline l JOIN billing_obligation o ON o.trade_id = l.trade_id
    WHERE o.seller_id = %(provider)s AND l.start < %(end)s AND l.start + l.hours > %(start)s
    UNION ALL
    SELECT a.hour, o.site_id, a.trade_id, 0, 0, 0, CASE a.kind WHEN 'shortfall' THEN a.principal_fen ELSE 0 END, a.penalty_fen, 0,
        CASE a.kind WHEN 'dispute' THEN a.principal_fen ELSE 0 END
    FROM billing_adjustment a JOIN billing_obligation o ON o.trade_id = a.trade_id JOIN matching_site s ON s.id = o.site_id
    WHERE a.hour >= %(start)s AND a.hour < %(end)s
        AND CASE a.kind WHEN 'shortfall' THEN s.provider_id ELSE o.seller_id END = %(provider)s
)
"""

_SUMS = """
sum(hours)::int, sum(accelerator_hours)::bigint, sum(gross)::bigint, sum(short)::bigint, sum(penalty)::bigint, sum(fee)::bigint,
sum(kept)::bigint
"""

_BY_PERIOD = f"WITH {_FLOWS} SELECT {PERIOD_SQL.format(hour='hour')} AS first, 0, 0, {_SUMS} FROM flow GROUP BY 1 ORDER BY 1 DESC"
_BY_DAY = f"WITH {_FLOWS} SELECT {DAY_SQL.format(hour='hour')} AS first, site_id, 0, {_SUMS} FROM flow GROUP BY 1, 2 ORDER BY 1 DESC, 2"
_BY_TRADE = (
    f"WITH {_FLOWS} SELECT min(hour), site_id, trade_id, {_SUMS} FROM flow WHERE site_id = %(site)s GROUP BY 2, 3 "
    "ORDER BY 1 DESC, 3 DESC LIMIT %(limit)s"
)


def earnings_by_period(*, provider_id: int, start: int, end: int) -> list[EarningsRow]:
    """Return a row an invoice period with earnings in `[start, end)`, newest first; one statement."""
    return _rows(_BY_PERIOD, provider=provider_id, start=start, end=end)


def earnings_by_day(*, provider_id: int, start: int, end: int) -> list[EarningsRow]:
    """Return a row a Beijing day and site in `[start, end)`, newest first; one statement."""
    return _rows(_BY_DAY, provider=provider_id, start=start, end=end)


def earnings_by_trade(*, provider_id: int, site_id: int, start: int, end: int, limit: int) -> list[EarningsRow]:
    """Return a row a trade at a site with what was settled or charged of it in `[start, end)`, newest first."""
    return _rows(_BY_TRADE, provider=provider_id, site=site_id, start=start, end=end, limit=limit)


def total_of(rows: Sequence[EarningsRow]) -> EarningsRow:
    """Add rows."""
    names = ("hours", "accelerator_hours", "gross_fen", "shortfall_fen", "penalty_fen", "fee_fen", "kept_back_fen")
    return EarningsRow(**{name: sum(getattr(row, name) for row in rows) for name in names})


def _rows(sql: str, **values: Any) -> list[EarningsRow]:
    names = (
        "start", "site_id", "trade_id", "hours", "accelerator_hours", "gross_fen", "shortfall_fen", "penalty_fen", "fee_fen",
        "kept_back_fen",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [EarningsRow(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
