"""Halts: trading stopped by an operator or the circuit breaker, and reopened at once or by a call auction.

A contract is as strict as the strictest of the halts that cover it, so halts may overlap and end in any order: each step puts
in what it changes, and nothing where another halt still holds. One advisory lock a market lets one step be taken at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from matching.bulk import array_literal, read_where
from matching.changes import fields_of, record_change
from matching.engine.bounds import HOURS_MAX
from matching.engine.dtypes import ContractState
from matching.hours import first_open_hour, moment_of
from matching.models import Command, Halt, HaltStep, Market, PricePoint
from matching.refusal import Refusal
from matching.rulings import DO_BY_STATE

HALT_LOCK = 0x5A03
"""First key of the advisory locks that let a market's halts change one at a time; the second is its id."""

CLOCK = "clock"
STEP_FIELDS = ("state", "collect_at", "resume_at", "ended_at")
REASON_LENGTH_MAX = 500
COLLECT_MINUTES = 5  # where nobody says how many
COLLECT_MINUTES_MAX = 24 * 60


class UnableToRule(Refusal):
    """Why a halt is not begun or ended."""

    code = "unable_to_rule"


class ReasonRequired(UnableToRule):
    code = "reason_required"
    field = "reason"
    sentence = _("Say why, in up to %(high)s characters: traders read it.")


class SpanNotTrading(UnableToRule):
    code = "span_not_trading"
    field = "hours"
    sentence = _("Name 1 to %(high)s hours of which the last still trades; the first that does starts at %(first)s.")


class HaltIsOver(UnableToRule):
    code = "halt_is_over"
    sentence = _("This halt is over. Look at the list again.")


class IsCollecting(UnableToRule):
    code = "is_collecting"
    sentence = _("This already collects orders. Wait for its auction or resume it now.")


class CollectMinutesOutOfBounds(UnableToRule):
    code = "collect_minutes_out_of_bounds"
    field = "minutes"
    sentence = _("Orders are collected for 1 to %(high)s minutes.")


@dataclass(frozen=True, slots=True)
class Reopening:
    """When a halt begins to collect orders and when its auction opens it; None: when an operator says so."""

    collect_at: datetime | None = None
    resume_at: datetime | None = None

    @classmethod
    def after(cls, minutes: int, *, collect_minutes: int, now: datetime) -> Reopening:
        """Plan to collect orders after some minutes, and to open by an auction after some more."""
        collect_at = now + timedelta(minutes=minutes)
        return cls(collect_at, collect_at + timedelta(minutes=collect_minutes))


WHEN_TOLD = Reopening()


@transaction.atomic
def halt_trading(
    *,
    market: Market,
    by: str,
    reason: str,
    now: datetime,
    span: tuple[int, int] | None = None,
    collecting: bool = False,
    reopening: Reopening = WHEN_TOLD,
) -> Halt:
    """Stop trading in a market, or in `span` (first hour, hours) of its contracts; raises ReasonRequired, SpanNotTrading.

    `collecting` lets orders come in and rest at once, without trading, as before an auction.
    """
    check_reason(reason)
    if span is not None:
        check_span(market, span, now)
    halt = Halt(market=market, cause=Halt.Cause.OPERATOR, reason=reason, began_at=now)
    halt.hour, halt.hours = span or (None, None)
    halt.collect_at, halt.resume_at = reopening.collect_at, reopening.resume_at
    halt.state = ContractState.COLLECTING if collecting else ContractState.HALTED
    begin([halt], by=by, reason=reason)
    after = fields_of(halt, ("market_id", "hour", "hours", "state", "collect_at", "resume_at"))
    record_change(who=by, what="halt.begin", on=halt, after=after, why=reason, now=now)
    return halt


@transaction.atomic
def halt_markets(
    *,
    markets: Sequence[Market],
    by: str,
    reason: str,
    now: datetime,
    span: tuple[int, int] | None = None,
    reopening: Reopening = WHEN_TOLD,
) -> list[Halt]:
    """Stop trading in each market as `halt_trading` does, in all of them or in none; raises what it raises."""
    return [
        halt_trading(market=market, by=by, reason=reason, now=now, span=span, reopening=reopening) for market in markets
    ]


def begin(halts: Sequence[Halt], *, by: str, reason: str) -> None:
    """Store new halts of one market and tell its matcher, in the caller's transaction."""
    market_id = halts[0].market_id
    lock(market_id)
    before = states_of(active_halts([market_id]))
    Halt.objects.bulk_create(halts)
    HaltStep.objects.bulk_create(
        HaltStep(halt=halt, do=DO_BY_STATE[halt.state], at=halt.began_at, by=by, reason=reason) for halt in halts
    )
    tell_changes(market_id, before, halts[0].began_at)


@transaction.atomic
def collect_orders(*, halt_id: int, by: str, reason: str, minutes: int, now: datetime) -> None:
    """Let orders come in for `minutes`, after which a call auction reopens; raises HaltIsOver, IsCollecting, ReasonRequired, CollectMinutesOutOfBounds."""
    check_reason(reason)
    if not 1 <= minutes <= COLLECT_MINUTES_MAX:
        raise CollectMinutesOutOfBounds(high=COLLECT_MINUTES_MAX)
    halt = lock_halt(halt_id)
    if halt.state == ContractState.COLLECTING:
        raise IsCollecting
    step(halt, ContractState.COLLECTING, by=by, reason=reason, now=now, resume_at=now + timedelta(minutes=minutes))


@transaction.atomic
def resume_trading(*, halt_id: int, by: str, reason: str, now: datetime) -> None:
    """End a halt now; what crosses is opened by an auction. Raises HaltIsOver, ReasonRequired."""
    check_reason(reason)
    step(lock_halt(halt_id), ContractState.OPEN, by=by, reason=reason, now=now)


def lock_halt(halt_id: int) -> Halt:
    """Return a halt that no other step is being taken with; raises HaltIsOver."""
    market_id = Halt.objects.filter(pk=halt_id).values_list("market_id", flat=True).first()
    if market_id is None:
        raise HaltIsOver
    lock(market_id)
    halt = Halt.objects.get(pk=halt_id)
    if halt.state == ContractState.OPEN:
        raise HaltIsOver
    return halt


def step(
    halt: Halt, state: ContractState, *, by: str, reason: str, now: datetime, resume_at: datetime | None = None
) -> None:
    """Bring a halt, whose market is locked, to `state`, note who did, and tell the matcher what changes."""
    before = states_of(active_halts([halt.market_id]))
    stood = fields_of(halt, STEP_FIELDS)
    halt.state = state
    halt.collect_at = None
    halt.resume_at = resume_at or halt.resume_at
    if state == ContractState.OPEN:
        halt.resume_at, halt.ended_at = None, now
        forget_prices(halt)
    halt.save(update_fields=["state", "collect_at", "resume_at", "ended_at"])
    HaltStep.objects.create(halt=halt, do=DO_BY_STATE[state], at=now, by=by, reason=reason)
    if by != CLOCK:
        what = "halt.collect" if state == ContractState.COLLECTING else "halt.resume"
        record_change(who=by, what=what, on=halt, before=stood, after=fields_of(halt, STEP_FIELDS), why=reason, now=now)
    tell_changes(halt.market_id, before, now)


def forget_prices(halt: Halt) -> None:
    """Let the circuit breaker start anew with what trades after a halt."""
    points = PricePoint.objects.filter(market_id=halt.market_id)
    if halt.hour is not None:
        points = points.filter(hour__gte=halt.hour, hour__lt=halt.hour + (halt.hours or 0))
    points.delete()


def take_due_steps(*, now: datetime) -> int:
    """Take what is planned for `now` or before, and end the halts whose hours have all closed; returns how many steps.

    A step is taken once, by whichever clock locks the market first; a market that is locked is left to the one that has it.
    """
    steps = 0
    for market_id in markets_with_due_steps(now):
        with transaction.atomic():
            if not lock(market_id, wait=False):
                continue
            closed_until = Market.objects.values_list("closed_until", flat=True).get(pk=market_id)
            for halt in active_halts([market_id]):
                state = due_state(halt, closed_until, now)
                if state is not None:
                    step(halt, state, by=CLOCK, reason="", now=now)
                    steps += 1
    return steps


DUE = """
    SELECT DISTINCT h.market_id FROM matching_halt h JOIN matching_market m ON m.id = h.market_id
    WHERE h.state > 0 AND (h.collect_at <= %(now)s OR h.resume_at <= %(now)s OR h.hour + h.hours <= m.closed_until)
"""


def markets_with_due_steps(now: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now})
        return sorted(row[0] for row in cursor.fetchall())


def due_state(halt: Halt, closed_until: int, now: datetime) -> ContractState | None:
    """Return the state that a halt should come to now, None where it stays as it is."""
    if halt.hour is not None and halt.hour + (halt.hours or 0) <= closed_until:
        return ContractState.OPEN
    if halt.resume_at is not None and halt.resume_at <= now:
        return ContractState.OPEN
    if halt.state == ContractState.HALTED and halt.collect_at is not None and halt.collect_at <= now:
        return ContractState.COLLECTING
    return None


def active_halts(market_ids: Iterable[int]) -> list[Halt]:
    """Return the halts of these markets that are not over, oldest first."""
    return read_where(Halt, "market_id = ANY(%s::bigint[]) AND state > 0 ORDER BY id", [array_literal(market_ids)])


@dataclass(frozen=True, slots=True)
class States:
    """What a market's halts amount to: the market's own state, and that of contracts by hour where they are not open."""

    market: int
    contracts: dict[int, int]

    def of_hour(self, hour: int) -> int:
        """The state in which a contract trades."""
        return max(self.market, self.contracts.get(hour, 0))


def states_of(halts: Iterable[Halt]) -> States:
    """Return the strictest state of what each of one market's halts covers."""
    market, contracts = int(ContractState.OPEN), dict[int, int]()
    for halt in halts:
        if halt.hour is None:
            market = max(market, halt.state)
        else:
            for hour in range(halt.hour, halt.hour + (halt.hours or 0)):
                contracts[hour] = max(halt.state, contracts.get(hour, 0))
    return States(market, contracts)


def tell_changes(market_id: int, before: States, now: datetime) -> None:
    """Put in what a market's halts now amount to, where that is not what they did before."""
    after = states_of(active_halts([market_id]))
    Command.objects.bulk_create(
        Command(market_id=market_id, do=DO_BY_STATE[state], hour=hour, hours=hours, at=now)
        for hour, hours, state in changes(before, after)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('matcher', '')")


def changes(before: States, after: States) -> Iterator[tuple[int | None, int | None, int]]:
    """Yield first hour, hours and state of each change; both are None for the market itself."""
    if before.market != after.market:
        yield None, None, after.market
    hours = sorted(before.contracts.keys() | after.contracts.keys())
    changed = [
        (hour, after.contracts.get(hour, 0))
        for hour in hours
        if before.contracts.get(hour, 0) != after.contracts.get(hour, 0)
    ]
    for (_start, state), run in groupby(enumerate(changed), key=lambda row: (row[1][0] - row[0], row[1][1])):
        in_run = [hour for _place, (hour, _state) in run]
        for first in range(0, len(in_run), HOURS_MAX):
            yield in_run[first], min(HOURS_MAX, len(in_run) - first), state


def lock(market_id: int, *, wait: bool = True) -> bool:
    """Let nobody else change a market's halts until this transaction ends; says whether it could without waiting."""
    with connection.cursor() as cursor:
        verb = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        cursor.execute(f"SELECT {verb}(%s, %s)", [HALT_LOCK, market_id])
        (is_locked,) = cursor.fetchone()
    return wait or bool(is_locked)


def check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > REASON_LENGTH_MAX:
        raise ReasonRequired(high=REASON_LENGTH_MAX)


def check_span(market: Market, span: tuple[int, int], now: datetime) -> None:
    first_open = max(first_open_hour(market, now), market.closed_until)
    hour, hours = span
    if not (1 <= hours <= HOURS_MAX and first_open < hour + hours <= first_open + market.horizon_hours + HOURS_MAX):
        raise SpanNotTrading(high=HOURS_MAX, first=moment_of(first_open))
