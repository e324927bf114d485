"""Orders that callers send at the same time are placed in one transaction and read back by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.api.reading_orders import read_orders
from marketplace.together import Together
from marketplace.trading import Verdict, place_orders
from marketplace.unreachable import UNREACHABLE
from matching.entry import ClientOrderIdRepeated, OrderRequest
from matching.models import Order

LANES = 2
"""Transactions that a web process has at once: while one waits for its commit or for a lock, the other goes on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A caller's order and when it came."""

    request: OrderRequest
    at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as it stands, and whether it is new or the answer to a client_order_id that is known."""

    order: Order
    is_new: bool


def place_with_others(*, request: OrderRequest, now: datetime) -> Placed:
    """Place one order together with those that other threads of this process place now; errors as in `place_order`."""
    outcome = _entry(Sent(request, now))
    if isinstance(outcome, Placed):
        return outcome
    raise outcome


def place_and_read(sent: Sequence[Sent]) -> list[Placed | Exception]:
    """Place each order by itself, whatever becomes of the others."""
    now = max(each.at for each in sent)
    verdicts = place_each([each.request for each in sent], now)
    orders = read_orders([verdict for verdict in verdicts if isinstance(verdict, int)])
    known: set[int] = set()
    outcomes: list[Placed | Exception] = []
    for verdict in verdicts:
        if not isinstance(verdict, int):
            outcomes.append(verdict)
            continue
        outcomes.append(Placed(orders[verdict], is_new=verdict not in known and orders[verdict].placed_at == now))
        known.add(verdict)  # whoever else sent its client_order_id just now is answered with it
    return outcomes


def place_each(requests: Sequence[OrderRequest], now: datetime) -> list[Verdict | Exception]:
    """Return the orders' ids or what each would raise alone; raises only where the database cannot be reached.

    What a call of many raises, as ExchangeBusy, has undone all of it, so each is tried alone.
    """
    try:
        verdicts: list[Verdict | Exception] = list(place_orders(requests=requests, now=now))
    except UNREACHABLE:
        raise
    except Exception as error:
        if len(requests) == 1:
            return [error]
        return [verdict for request in requests for verdict in place_each([request], now)]
    # An id that two callers send at once is no mistake of either: the second is answered with the first's order.
    again = [row for row, verdict in enumerate(verdicts) if isinstance(verdict, ClientOrderIdRepeated)]
    if again:
        for row, verdict in zip(again, place_each([requests[row] for row in again], now), strict=True):
            verdicts[row] = verdict
    return verdicts


_entry = Together(place_and_read, lanes=LANES)
