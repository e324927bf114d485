"""What an order costs: the rates in force, the hold of a bid, the price of what would fill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.models import Rate
from billing.period import period_of
from billing.rounding import BPS, share_ceil, share_half_up
from matching.hours import hour_of
from matching.prepared import prepared_cursor


class RateMissing(Exception):
    """No rate of a kind is in force; nothing can be quoted before one is entered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """The rates of a moment, in basis points; the two `later` ones are the largest already entered for later hours."""

    maker_fee_bps: int
    taker_fee_bps: int
    vat_bps: int
    later_fee_bps_max: int = 0
    later_vat_bps_max: int = 0

    @property
    def hold_fee_bps(self) -> int:
        """The largest fee rate at which a bid held now may trade."""
        return max(self.maker_fee_bps, self.taker_fee_bps, self.later_fee_bps_max)

    @property
    def hold_vat_bps(self) -> int:
        """The largest VAT rate at which a bid held now may be delivered."""
        return max(self.vat_bps, self.later_vat_bps_max)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What fills cost a buyer (fee and VAT on top) or bring a seller (fee off, no VAT), in fen."""

    value_fen: int
    fee_fen: int
    vat_fen: int
    total_fen: int


def current_rates(*, now: datetime) -> Rates:
    """Read the rates in force at `now` (VAT: in this invoice period, as its rate begins with one); raises RateMissing."""
    hour = hour_of(now)
    period_start, _end = period_of(hour)
    current: dict[str, int] = {}
    later: dict[str, int] = {}
    with prepared_cursor() as cursor:
        cursor.execute("SELECT kind, bps, from_hour FROM billing_rate ORDER BY from_hour")
        rates = cursor.fetchall()
    for kind, bps, from_hour in rates:
        if from_hour <= (max(period_start, 0) if kind == Rate.Kind.VAT else hour):
            current[kind] = bps
        else:
            later[kind] = max(bps, later.get(kind, 0))
    missing = [kind.value for kind in Rate.Kind if kind not in current]
    if missing:
        raise RateMissing(f"No {missing[0]} rate is in force. Enter one before trading.")
    fee_kinds = (Rate.Kind.MAKER_FEE, Rate.Kind.TAKER_FEE)
    return Rates(
        maker_fee_bps=current[Rate.Kind.MAKER_FEE],
        taker_fee_bps=current[Rate.Kind.TAKER_FEE],
        vat_bps=current[Rate.Kind.VAT],
        later_fee_bps_max=max(later.get(kind, 0) for kind in fee_kinds),
        later_vat_bps_max=later.get(Rate.Kind.VAT, 0),
    )


def hold_unit_fen(*, price_fen: int, rates: Rates) -> int:
    """Return the worst case in fen of one accelerator-hour bid at `price_fen`: price, fee and VAT.

    The fee's half fen and the VAT's whole one bound what rounding may add, however many trades fill the bid (a trade
    has at least one accelerator-hour, and touches no more invoice periods than it has hours). docs/money.md proves it.
    """
    fee_fen = -(-(2 * price_fen * rates.hold_fee_bps + BPS) // (2 * BPS))
    vat_fen = share_ceil(amount_fen=price_fen + fee_fen, bps=rates.hold_vat_bps) + 1
    return price_fen + fee_fen + vat_fen


def quote_fills(*, value_fen: int, rates: Rates, taker: bool = True) -> Quote:
    """Quote a buyer's fills worth `value_fen` as one trade.

    Exact for one trade in one invoice period; each further trade may move the fee by half a fen, as fees round a trade.
    """
    fee_bps = rates.taker_fee_bps if taker else rates.maker_fee_bps
    fee_fen = share_half_up(amount_fen=value_fen, bps=fee_bps)
    vat_fen = share_half_up(amount_fen=value_fen + fee_fen, bps=rates.vat_bps)
    return Quote(value_fen=value_fen, fee_fen=fee_fen, vat_fen=vat_fen, total_fen=value_fen + fee_fen + vat_fen)


def quote_sale(*, value_fen: int, rates: Rates, taker: bool = False) -> Quote:
    """Quote what a sale worth `value_fen` brings its seller: the value less the fee."""
    fee_fen = share_half_up(amount_fen=value_fen, bps=rates.taker_fee_bps if taker else rates.maker_fee_bps)
    return Quote(value_fen=value_fen, fee_fen=fee_fen, vat_fen=0, total_fen=value_fen - fee_fen)
