"""What a halt means to somebody who trades: whether an order may come in, and why it may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from matching.engine.dtypes import ContractState, Kind
from matching.halts import active_halts, states_of
from matching.models import Halt
from matching.refusal import Fen, shown
from matching.rules import OrderRequest, UnableToPlaceOrder


class TradingHalted(UnableToPlaceOrder):
    code = "trading_halted"
    field = "start"
    sentence = gettext_lazy("Trading has been halted since %(since)s: %(why)s. %(until)s")


def halts_by_market(market_ids: Iterable[int]) -> dict[int, list[Halt]]:
    """Return the halts that stand in each market that has some; one statement."""
    by_market: dict[int, list[Halt]] = {}
    for halt in active_halts(market_ids):
        by_market.setdefault(halt.market_id, []).append(halt)
    return by_market


def find_halt(*, request: OrderRequest, halts: Sequence[Halt], first_open: int) -> TradingHalted | None:
    """Return why the engine would not take an order in, by its own rule: an hourly order with a halted hour, a block whose every start has one.

    `halts` are those of its market.
    """
    if not halts:
        return None
    states = states_of(halts)

    def is_halted(start: int) -> bool:
        return any(
            states.of_hour(hour) == ContractState.HALTED
            for hour in range(max(start, first_open), start + request.hours)
        )

    starts = range(request.start, request.latest_start + 1)
    if request.kind == Kind.BLOCK:
        starts = range(max(request.start, first_open), request.latest_start + 1)
    if not starts or not all(is_halted(start) for start in starts):
        return None
    return halted_by(halts, starts[0], starts[-1] + request.hours)


def halted_by(halts: Sequence[Halt], start: int, end: int) -> TradingHalted:
    """Tell of the halt among `halts` that touches `[start, end)` and holds longest."""
    touching = [
        halt
        for halt in halts
        if halt.state == ContractState.HALTED
        and (halt.hour is None or (halt.hour < end and halt.hour + (halt.hours or 0) > start))
    ]
    halt = max(touching, key=lambda halt: (halt.collect_at is None, halt.collect_at or halt.began_at))
    # In the language of whoever reads it, which need not be that of the thread that finds it.
    return TradingHalted(since=halt.began_at, why=lazy(reason_of, str)(halt), until=lazy(until_of, str)(halt))


def reason_of(halt: Halt) -> str:
    """Say why, to a person: the operator's words, or what moved."""
    if halt.cause == Halt.Cause.BREAKER:
        prices = {"before": Fen(halt.price_before_fen or 0), "price": Fen(halt.price_fen or 0)}
        return _("the price moved from %(before)s to %(price)s") % {name: shown(fen) for name, fen in prices.items()}
    return halt.reason


def until_of(halt: Halt) -> str:
    """Say what comes next, and when where that is planned."""
    if halt.state == ContractState.COLLECTING:
        if halt.resume_at is None:
            return _("Orders are collected for an auction.")
        return _("Orders are collected for an auction at %(at)s.") % {"at": shown(halt.resume_at)}
    if halt.collect_at is None:
        return _("It has not been said when it reopens.")
    if halt.resume_at is None:
        return _("Orders are collected again from %(at)s on.") % {"at": shown(halt.collect_at)}
    return _("Orders are collected again from %(at)s on, and an auction reopens it at %(resume)s.") % {
        "at": shown(halt.collect_at),
        "resume": shown(halt.resume_at),
    }


def sentence_of(halt: Halt) -> str:
    """Say that trading is halted or orders are collected, since when, why, and what comes next."""
    values = {"since": shown(halt.began_at), "why": reason_of(halt)}
    if halt.state == ContractState.HALTED:
        told = _("Trading has been halted since %(since)s: %(why)s.") % values
    else:
        told = _("Orders come in without trading; trading has stopped since %(since)s: %(why)s.") % values
    return f"{told} {until_of(halt)}"


def halt_of_hours(halts: Iterable[Halt], hours: Iterable[int]) -> Halt | None:
    """Return the strictest and oldest halt that covers one of the `hours`, of one market's halts."""
    wanted = set(hours)
    covering = [
        halt
        for halt in halts
        if halt.hour is None or not wanted.isdisjoint(range(halt.hour, halt.hour + (halt.hours or 0)))
    ]
    return max(covering, key=lambda halt: (halt.state, -halt.pk), default=None)
