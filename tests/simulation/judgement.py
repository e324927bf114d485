"""What must hold after a run: `verify`, what clients were told, plain sums of money, and the outcome without any fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from billing.clearing import clear
from billing.settlement import settle_delivered
from billing.verify import find_differences as find_billing_differences
from matching.clock import close_gates
from matching.engine.dtypes import Do
from matching.hours import hour_of
from matching.matcher import Matcher
from matching.models import Command, Order
from matching.verify import find_differences as find_matching_differences
from tests.simulation.books import find_money_differences
from tests.simulation.faultless import read_log, replay
from tests.simulation.snapshot import differences_between, take_snapshot
from tests.simulation.world import Clients

AFTERWARDS = timedelta(hours=2)


def judge(*, seed: int, clients: Clients) -> Iterator[str]:
    """Bring the run to its end, and yield a sentence for each thing that should not be."""
    now = clients.now + AFTERWARDS
    finish(now)
    yield from clients.contradictions
    yield from find_matching_differences()
    yield from find_billing_differences()
    yield from find_losses(clients)
    yield from find_money_differences()
    found = take_snapshot()
    yield from replay(seed=seed, log=read_log(clients), clients=clients, now=now)
    yield from differences_between(found, take_snapshot())


def finish(now: datetime) -> None:
    """Play what is left in the inbox, clear and settle."""
    close_gates(now=now)
    Matcher().drain()
    clear(now=now)
    settle_delivered(until_hour=hour_of(now), now=now)


def find_losses(clients: Clients) -> Iterator[str]:
    """Compare what clients were told with what is stored: nothing lost, nothing twice, nothing that nobody asked for."""
    stored = list(Order.objects.order_by("id").values_list("id", "client_order_id", "participant_id", "state"))
    ids = {name: order_id for order_id, name, _, _ in stored}
    for name, order_id in clients.order_ids.items():
        if ids.get(name) != order_id:
            yield f"{name} was acknowledged as order {order_id} and is stored as {ids.get(name)}"
    commands: Counter[tuple[int, int | None]] = Counter(Command.objects.values_list("do", "order_id"))
    for order_id, given, participant_id, state in stored:
        name = given or ""
        if name not in clients.requests or clients.requests[name].participant_id != participant_id:
            yield f"order {order_id} ({name}) is nobody's"
        if name not in clients.order_ids:
            yield f"order {order_id} ({name}) was never acknowledged, though its owner asked until there was an answer"
        if commands[Do.NEW, order_id] != 1:
            yield f"order {order_id} came in {commands[Do.NEW, order_id]} times"
        if state == Order.State.PENDING:
            yield f"order {order_id} is still pending"
    if waiting := Command.objects.filter(sequence=None).count():
        yield f"{waiting} commands were never played"
    for do, what in ((Do.REPLACE, "replace"), (Do.CANCEL, "cancel")):
        yield from find_repetitions(clients, commands, do, what)


def find_repetitions(clients: Clients, commands: Counter[tuple[int, int | None]], do: Do, what: str) -> Iterator[str]:
    """Compare commands with how often each was sent and acknowledged: at least the one, at most the other."""
    sent: Counter[int] = Counter()
    done: Counter[int] = Counter()
    for job in clients.jobs:
        if job.what == what:
            sent[job.order_id] += job.sent
            done[job.order_id] += job.done
    for order_id in sent.keys() | {order_id for kind, order_id in commands if kind == do and order_id}:
        made = commands[do, order_id]
        if not done[order_id] <= made <= sent[order_id]:
            yield f"{what} of order {order_id}: {done[order_id]} acknowledged, {made} in the log, {sent[order_id]} sent"
