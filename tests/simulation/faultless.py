"""The accepted commands once more, one after another, through the same product on an empty exchange, with no fault."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from unittest import mock

from django.db import connection, transaction

from billing.clearing import clear
from billing.holds import UnableToHold
from billing.replace_holds import PlannedHold, insert_replace_holds, reserve_replaces
from billing.settlement import settle_delivered
from marketplace.trading import Verdict, place_orders, terms_of
from matching.capacity import commit_raises
from matching.engine.dtypes import Do, Side
from matching.engine.reference import ReferenceEngine
from matching.hours import hour_of
from matching.matcher import Matcher
from matching.models import Command, Order
from matching.replace import CheckedReplace, insert_replaces
from matching.rules import OrderRequest
from tests.simulation.world import Clients, World


def read_log(clients: Clients) -> list[tuple[Command, str | None]]:
    """Return the commands in the order of their sequences, with the client_order_id of the order each names.

    Where markets have been linked anew there is no order among those of different groups; they are merged by the ids of what stands
    first in each, so that what had been played when an order was accepted stands before it.
    """
    names: dict[int | None, str | None] = dict(Order.objects.values_list("id", "client_order_id"))
    if clients.have_alternatives:
        return [(command, names.get(command.order_id)) for command in Command.objects.order_by("sequence")]
    by_market: defaultdict[int, deque[Command]] = defaultdict(deque)
    for command in Command.objects.order_by("market_id", "sequence"):
        by_market[command.market_id].append(command)
    log = []
    while heads := [commands[0] for commands in by_market.values() if commands]:
        first = min(heads, key=lambda command: command.pk)
        log.append((by_market[first.market_id].popleft(), names.get(first.order_id)))
    return log


def replay(*, seed: int, log: Sequence[tuple[Command, str | None]], clients: Clients, now: datetime) -> Iterator[str]:
    """Play a log on the exchange as it was at the start, up to settlement; yields what is refused this time."""
    World.create(seed)
    matcher = Matcher(engine_factory=ReferenceEngine)
    # The log has all that the clock told at its place; entry must not tell it again.
    with mock.patch("matching.insertion.tell_time"), mock.patch("matching.replace.tell_time"):
        for command, name in log:
            if command.do == Do.NEW and name is not None:
                yield from place_again(matcher, command, clients.requests[name])
            elif command.do == Do.REPLACE:
                yield from replace_again(matcher, command, clients.replaces[command.pk])
            else:
                put_in(command)
    matcher.drain()
    clear(now=now)
    settle_delivered(until_hour=hour_of(now), now=now)


def place_again(matcher: Matcher, command: Command, request: OrderRequest) -> Iterator[str]:
    """Place an order under the number that it had; what came before it is played first only where it would be refused else."""
    (verdict,) = place_as(command, request)
    if not isinstance(verdict, int):
        matcher.drain()
        clear(now=command.at)
        (verdict,) = place_as(command, request)
    if verdict != command.order_id:
        yield f"order {command.order_id} was accepted, and without faults: {verdict}"


def replace_again(matcher: Matcher, command: Command, checked: CheckedReplace) -> Iterator[str]:
    """Ask for a replace as it stood, with what its owner reckoned with then; its funds and capacity are reserved anew."""
    try:
        insert_again(checked, command.at)
    except UnableToHold:
        matcher.drain()
        clear(now=command.at)
        try:
            insert_again(checked, command.at)
        except UnableToHold as error:
            yield f"the replace of order {command.order_id} was accepted, and without faults: {error}"


@transaction.atomic
def insert_again(checked: CheckedReplace, now: datetime) -> None:
    is_bid = checked.order.side == Side.BID
    plans = reserve_replaces(replaces=[terms_of(checked)], now=now) if is_bid else []
    refusals = [] if is_bid else [refusal for refusal in commit_raises(checked=[checked]) if refusal is not None]
    for refusal in (*refusals, *(plan for plan in plans if not isinstance(plan, PlannedHold))):
        raise UnableToHold(str(refusal))
    ids = insert_replaces(checked=[checked], now=now)
    planned = [plan for plan in plans if isinstance(plan, PlannedHold)]
    insert_replace_holds(planned=list(zip(planned, ids, strict=False)), now=now)


def place_as(command: Command, request: OrderRequest) -> list[Verdict]:
    """Place an order under its number and, where it has no price, with the limit that the reference price of its day gave it."""
    number_next_order(command.order_id or 0)
    with mock.patch("matching.entry.limit_fen_of", return_value=command.price_fen):
        return place_orders(requests=[request], now=command.at)


def number_next_order(order_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('matching_order', 'id'), %s, false)", [order_id])


def put_in(command: Command) -> None:
    """Put a command other than an order into the inbox as it stood."""
    fields = {field.attname: getattr(command, field.attname) for field in Command._meta.concrete_fields}
    Command.objects.create(**fields | {"id": None, "sequence": None})
