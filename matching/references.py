"""Reference prices and the bands around them: set once a day from what has traded, or by an operator.

The rule: at midnight in Beijing, the volume-weighted average price of the 24 hours of trading before it, rounded half up to a fen; without a trade the price
stays. The band reaches `protection_band_bps` to either side.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from matching.changes import record_change
from matching.engine.bounds import PRICE_FEN_MAX
from matching.engine.dtypes import Do
from matching.halts import CLOCK, UnableToRule, check_reason
from matching.models import Candle, Command, Market, Reference
from matching.refusal import Fen
from matching.rules import BPS

BEIJING = ZoneInfo("Asia/Shanghai")
BAND_BPS_MAX = 100_000


class ReferenceOutOfBounds(UnableToRule):
    code = "reference_out_of_bounds"
    field = "price_fen"
    sentence = _("A reference price is between %(low)s and %(high)s.")


class BandOutOfBounds(UnableToRule):
    code = "band_out_of_bounds"
    field = "band_bps"
    sentence = _("A band is 1 to %(high)s basis points wide to either side.")


@transaction.atomic
def set_reference(
    *, market_id: int, price_fen: int, by: str, reason: str, now: datetime, band_bps: int | None = None
) -> None:
    """Give a market its reference price, and its band another width where `band_bps` is given.

    Raises ReasonRequired, ReferenceOutOfBounds, BandOutOfBounds.
    """
    check_reason(reason)
    if not 1 <= price_fen <= PRICE_FEN_MAX:
        raise ReferenceOutOfBounds(low=Fen(1), high=Fen(PRICE_FEN_MAX))
    if band_bps is not None and not 1 <= band_bps <= BAND_BPS_MAX:
        raise BandOutOfBounds(high=BAND_BPS_MAX)
    market = Market.objects.select_for_update(no_key=True).get(pk=market_id)
    bps = market.protection_band_bps if band_bps is None else band_bps
    before = {"price_fen": market.reference_price_fen, "band_bps": market.protection_band_bps}
    Reference.objects.create(market=market, price_fen=price_fen, band_bps=bps, by=by, reason=reason, at=now)
    after = {"price_fen": price_fen, "band_bps": bps}
    record_change(who=by, what="market.reference", on=market, before=before, after=after, why=reason, now=now)
    apply(market, price_fen, bps, now)


def apply(market: Market, price_fen: int, band_bps: int, now: datetime) -> None:
    """Store a market's reference and band, and tell its matcher."""
    market.reference_price_fen, market.protection_band_bps = price_fen, band_bps
    market.save(update_fields=["reference_price_fen", "protection_band_bps"])
    band_fen = min(price_fen * band_bps // BPS, PRICE_FEN_MAX)
    Command.objects.create(market=market, do=Do.BAND, price_fen=price_fen, quantity=band_fen, at=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('matcher', '')")


# Not before everything of the day before has been played, so that the price depends on the log alone.
SETTLE = f"""
    INSERT INTO matching_reference (market_id, price_fen, band_bps, day, "by", reason, at)
    SELECT m.id, traded.price_fen, m.protection_band_bps, %(day)s, '{CLOCK}', 'vwap of 24 hours', %(now)s
    FROM matching_market m
    LEFT JOIN LATERAL (
        SELECT round(sum(value_fen)::numeric / sum(volume))::int AS price_fen FROM matching_candle c
        WHERE c.market_id = m.id AND c.minutes = {Candle.Minutes.HOUR.value} AND c.starts_at >= %(since)s AND c.starts_at < %(until)s
        HAVING sum(volume) > 0
    ) AS traded ON true
    WHERE NOT EXISTS (SELECT 1 FROM matching_reference r WHERE r.market_id = m.id AND r.day = %(day)s)
      AND NOT EXISTS (SELECT 1 FROM matching_command c WHERE c.market_id = m.id AND c.sequence IS NULL AND c.at < %(until)s)
    ORDER BY m.id
    ON CONFLICT DO NOTHING
    RETURNING market_id, price_fen
"""


@transaction.atomic
def settle_references(*, now: datetime) -> int:
    """Set the day's reference price of each market that has none for today yet; returns how many bands were told.

    Any number of clocks may ask at any time of the day: the database admits one a market and day.
    """
    today = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"day": today.date(), "since": today - timedelta(days=1), "until": today, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, values)
        settled = dict(cursor.fetchall())
    markets = Market.objects.select_for_update(no_key=True).order_by("id").filter(pk__in=settled)
    bands = 0
    for market in markets:
        price_fen = settled[market.pk] or market.reference_price_fen
        if price_fen is not None and is_news(market, price_fen):
            apply(market, price_fen, market.protection_band_bps, now)
            bands += 1
    return bands


def is_news(market: Market, price_fen: int) -> bool:
    """Say whether the engine has been told another band, or none."""
    band_fen = min(price_fen * market.protection_band_bps // BPS, PRICE_FEN_MAX)
    told = market.band_reference_fen, market.band_fen
    return told != (price_fen, band_fen) or market.reference_price_fen != price_fen
