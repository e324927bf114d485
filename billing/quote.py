"""What an order costs: the rates in force, the hold of a bid, the price of what would fill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from billing.fees.bounds import RateMissing, read_hold_rates
from billing.fees.terms import read_fee_terms
from billing.rounding import BPS, share_ceil, share_half_up

__all__ = ["Quote", "RateMissing", "Rates", "current_rates", "hold_unit_fen", "quote_fills", "quote_sale"]


class CountsWith(Protocol):
    """Whatever says which rates a hold counts with, in basis points."""

    @property
    def hold_fee_bps(self) -> int:
        """Of the fee."""

    @property
    def hold_vat_bps(self) -> int:
        """Of VAT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """A participant's rates at a moment, in basis points; the two `later` ones are the largest that a bid held now may meet."""

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


def current_rates(*, now: datetime, participant_id: int | None = None) -> Rates:
    """Read a participant's rates at `now`: fees of its tier today, VAT of this invoice period; raises RateMissing.

    Without a participant: those of somebody who has traded nothing.
    """
    who = participant_id or 0
    fees, hold = read_fee_terms(participant_ids=[who], now=now), read_hold_rates(participant_ids=[who], now=now)[who]
    vat_bps = fees[who].vat_bps if who in fees else None
    if vat_bps is None:
        raise RateMissing("No fee schedule or VAT rate is in force. Enter one before trading.")
    return Rates(
        maker_fee_bps=fees[who].maker_fee_bps,
        taker_fee_bps=fees[who].taker_fee_bps,
        vat_bps=vat_bps,
        later_fee_bps_max=hold.hold_fee_bps,
        later_vat_bps_max=hold.hold_vat_bps,
    )


def hold_unit_fen(*, price_fen: int, rates: CountsWith) -> int:
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
