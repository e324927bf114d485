"""What each process does, as the product's own processes do it, until the clients want nothing more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import connection

from billing.clearing import clear
from billing.holds import UnableToHold
from billing.settlement import settle_delivered
from marketplace.trading import Verdict, place_orders, replace_order
from matching.breaker import watch_prices
from matching.cancel import cancel_order, mass_cancel
from matching.clock import tell_time
from matching.engine.dtypes import ContractState
from matching.halts import Reopening, collect_orders, halt_trading, resume_trading, take_due_steps
from matching.hours import hour_of
from matching.leases import LeaseLost, give_time_to_load, leave, share_leases
from matching.linking import link_markets
from matching.matcher import Matcher
from matching.models import Halt
from matching.references import settle_references
from matching.refusal import Refusal
from tests.simulation.scheduler import Actor
from tests.simulation.sessions import is_fault
from tests.simulation.world import Clients, Job

SKEWS_MINUTES = (0, 0, 0, -90, 45)
"""How far the clock of a process may be off."""


class Cast:
    """The processes of a run; `start` puts all of them on the stage, `restart` one in the place of one that was killed."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.chance = clients.chance
        self._numbers: dict[str, int] = {}
        self._skews = {name: timedelta(minutes=self.chance.choice(SKEWS_MINUTES)) for name in WORK}

    def work_of(self, role: str) -> Callable[[Actor], None]:
        """Return what a process of this role does."""
        return lambda actor: WORK[role](self, actor)

    def name_of(self, role: str) -> str:
        """Name a new process of a role."""
        self._numbers[role] = self._numbers.get(role, 0) + 1
        return f"{role} {self._numbers[role]}"

    def now(self, actor: Actor) -> datetime:
        """Read the clock of a process."""
        return self.clients.now + self._skews[role_of(actor)]


def role_of(actor: Actor) -> str:
    """Return the role of a process by its name."""
    return actor.name.rpartition(" ")[0]


def web(cast: Cast, actor: Actor) -> None:
    """Answer one request after another."""
    while not cast.clients.is_over:
        job = cast.clients.take()
        if job is None:
            actor.rest(5)
            continue
        try:
            verdicts = serve(job, cast.now(actor))
        except (Refusal, UnableToHold):
            cast.clients.refuse(job)
        except BaseException as error:
            cast.clients.give_back(job)
            recover(error)
        else:
            cast.clients.answer(job, verdicts)


def serve(job: Job, now: datetime) -> list[Verdict]:
    """Do what a client asks for; returns the verdicts on its orders, or raises the refusal of a change."""
    match job.what:
        case "place":
            return place_orders(requests=job.requests, now=now)
        case "cancel":
            cancel_order(participant_id=job.participant_id, order_id=job.order_id, now=now)
        case "replace":
            replace_order(
                participant_id=job.participant_id,
                order_id=job.order_id,
                quantity=job.quantity,
                price_fen=job.price_fen,
                now=now,
            )
        case "cancel_all":
            mass_cancel(participant_id=job.participant_id, market_id=job.market_id, now=now)
    return []


def recover(error: BaseException) -> None:
    """Go on after a fault as the end of a request does; raises what is none."""
    if not (isinstance(error, DatabaseError) and is_fault(error)):
        raise error
    connection.close_if_unusable_or_obsolete()


def match(cast: Cast, actor: Actor) -> None:
    """Share the leases, play the inbox, and come back after every error."""
    matcher, shares, name = Matcher(), True, f"matcher {actor.name}"
    while not cast.clients.is_over:
        actor.scheduler.advance_lease_clock(cast.chance.randint(20, 160))
        try:
            if connection.connection is None:
                name_session(name)
            if shares or cast.chance.random() < 0.35:
                share(matcher, name)
                shares = False
            if not matcher.run_batch(limit=cast.chance.choice((1, 2, 5, 2000))):
                actor.rest(12)
        except LeaseLost:
            shares = True
        except DatabaseError as error:
            shares = True
            matcher.forget()
            recover(error)
            connection.close()
    if cast.chance.random() < 0.5:
        leave_quietly(name)


def share(matcher: Matcher, name: str) -> None:
    """Come to a matcher's share of the leases, as its process does."""
    new = matcher.hold(share_leases(name))
    if new:
        give_time_to_load(name)
        matcher.load(new)
        matcher.hold(share_leases(name))


def leave_quietly(name: str) -> None:
    try:
        leave(name)
    except DatabaseError as error:
        recover(error)


def name_session(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", [name])


def work(cast: Cast, actor: Actor) -> None:
    """Clear, and settle now and then, as the worker's tasks do; a task may run twice at once."""
    while not cast.clients.is_over:
        now = cast.now(actor)
        try:
            if cast.chance.random() < 0.1:
                settle_delivered(until_hour=hour_of(now), now=now)
            else:
                clear(now=now)
        except DatabaseError as error:
            recover(error)
        actor.rest(cast.chance.randint(1, 150))


def tick(cast: Cast, actor: Actor) -> None:
    """Tell the time, take the steps of halts that are due, and watch prices, as each tick of a clock does; there may be several."""
    while not cast.clients.is_over:
        now = cast.now(actor)
        try:
            tell_time(now=now)
            take_due_steps(now=now)
            watch_prices(now=now)
            if cast.chance.random() < 0.1:
                settle_references(now=now)
        except DatabaseError as error:
            recover(error)
        actor.rest(cast.chance.randint(20, 200))


def link(cast: Cast, actor: Actor) -> None:
    """Link markets anew, under load."""
    symbols = [market.symbol for market in cast.clients.world.markets]
    while not cast.clients.is_over:
        actor.rest(cast.chance.randint(100, 900))
        some = cast.chance.sample(symbols, cast.chance.randint(1, len(symbols)))
        try:
            link_markets(symbols=some, link_group=cast.chance.choice(("all", "one", "two")))
        except DatabaseError as error:
            recover(error)


def rule(cast: Cast, actor: Actor) -> None:
    """Halt markets or some of their hours, let orders come in again, and let them trade."""
    while not cast.clients.is_over:
        actor.rest(cast.chance.randint(100, 600))
        try:
            change_halts(cast, cast.now(actor))
        except Refusal:
            pass
        except DatabaseError as error:
            recover(error)


def change_halts(cast: Cast, now: datetime) -> None:
    """Do one thing that an operator may do about a halt; raises UnableToRule."""
    chance, who = cast.chance, {"by": "supervisor", "reason": "a drill"}
    halts = list(Halt.objects.exclude(state=ContractState.OPEN.value).order_by("id"))
    if halts and chance.random() < 0.6:
        halt = chance.choice(halts)
        if chance.random() < 0.5:
            collect_orders(halt_id=halt.pk, minutes=chance.randint(1, 30), now=now, **who)
        else:
            resume_trading(halt_id=halt.pk, now=now, **who)
        return
    collect_at = chance.choice((None, now + timedelta(minutes=chance.randint(1, 20))))
    halt_trading(
        market=chance.choice(cast.clients.world.markets),
        now=now,
        span=chance.choice((None, (hour_of(now) + 1 + chance.randrange(4), chance.randint(1, 3)))),
        collecting=chance.random() < 0.5,
        reopening=Reopening(collect_at, collect_at and collect_at + timedelta(minutes=chance.randint(1, 20))),
        **who,
    )


WORK = {"web": web, "matcher": match, "worker": work, "clock": tick, "operator": link, "supervisor": rule}
CAST = ("web", "web", "web", "matcher", "matcher", "worker", "worker", "clock", "clock")
