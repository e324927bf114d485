"""Orders that pages and the API send at the same time are placed in one transaction and read back by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.reading_orders import read_orders
from marketplace.together import Together
from marketplace.trading import Verdict, place_orders
from marketplace.unreachable import UNREACHABLE
from matching.entry import ClientOrderIdRepeated, OrderRequest
from matching.models import Order

LANES = 2
"""Transactions that a web process has at once: while one waits for its commit or for a lock, the other goes on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A caller's order, when it came, and whether the caller wants it read back."""

    request: OrderRequest
    at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as it stands, and whether it is new or the answer to a client_order_id that is known."""

    order: Order
    is_new: bool


def place_with_others(*, request: OrderRequest, now: datetime) -> int:
    """Place one order together with those that other threads of this process place now; answer and errors as of `place_order`."""
    outcome = _entry(Sent(request, now, is_read=False))
    if isinstance(outcome, int):
        return outcome
    assert isinstance(outcome, Exception)
    raise outcome


def place_and_read(*, request: OrderRequest, now: datetime) -> Placed:
    """Place one order as `place_with_others` does, and return it as it stands."""
    outcome = _entry(Sent(request, now, is_read=True))
    if isinstance(outcome, Placed):
        return outcome
    assert isinstance(outcome, Exception)
    raise outcome


def _place(sent: Sequence[Sent]) -> list[int | Placed | Exception]:
    """Place each order by itself, whatever becomes of the others."""
    now = max(each.at for each in sent)
    verdicts = place_each([each.request for each in sent], now)
    wanted = [verdict for each, verdict in zip(sent, verdicts, strict=True) if each.is_read]
    orders = read_orders([verdict for verdict in wanted if isinstance(verdict, int)])
    known: set[int] = set()
    outcomes: list[int | Placed | Exception] = []
    for each, verdict in zip(sent, verdicts, strict=True):
        if isinstance(verdict, int) and each.is_read:
            is_new = verdict not in known and orders[verdict].placed_at == now
            outcomes.append(Placed(orders[verdict], is_new=is_new))
        else:
            outcomes.append(verdict)
        if isinstance(verdict, int):
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


_entry = Together(_place, lanes=LANES)
