"""A link group that cannot be played does not stop the others of its matcher, is named, and comes back by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Event, Thread

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from matching.engine.dtypes import Detail
from matching.engine.reference import ReferenceEngine
from matching.linking import link_markets
from matching.matcher import Matcher
from matching.matcher_process import MatcherProcess
from matching.models import BookLevel, Command, Lease, Order, Site
from matching.setbacks import GroupsFailed, Setbacks
from matching.standing import read_standing
from matching.verify import find_differences
from tests.factories import HOUR, ask, bid, make_market, make_site
from tests.matching.conftest import Exchange, place
from tests.matching.processes import wait_until


class BrittleEngine(ReferenceEngine):
    """Fails as soon as it hears of one of the markets in `broken`."""

    broken: set[int]

    def apply(self, commands: np.ndarray, detail: Detail = Detail.OUTCOMES) -> np.ndarray:
        if self.broken & set(commands["market"].tolist()):
            raise ArithmeticError("a defect")
        return super().apply(commands, detail)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    markets: set[int] = set()
    monkeypatch.setattr(BrittleEngine, "broken", markets, raising=False)
    return markets


@pytest.fixture
def east(exchange: Exchange) -> Site:
    site = make_site(make_market("A100-SXM4-80G"))
    link_markets(symbols=[site.market.symbol], link_group="east")
    return site


def states() -> dict[int, str]:
    return dict(Order.objects.order_by("id").values_list("id", "state"))


def test_the_batch_of_the_others_is_committed(exchange: Exchange, east: Site, broken: set[int]) -> None:
    matcher = Matcher(BrittleEngine)
    matcher.rebuild()
    broken.add(east.market_id)
    lost, *traded = place([ask(east), ask(exchange.north), bid(exchange.alice, exchange.market)])
    with pytest.raises(GroupsFailed, match="east: ArithmeticError: a defect") as failed:
        matcher.run_batch()
    assert failed.value.errors.keys() == {"east"}
    assert states() == {lost: "pending", traded[0]: "open", traded[1]: "filled"}
    broken.clear()
    assert matcher.run_batch() == 2
    assert states()[lost] == "open"  # type: ignore[index]
    assert list(find_differences(engine_factory=ReferenceEngine)) == []


def test_what_cannot_be_stored_of_one_group_does_not_undo_the_others(exchange: Exchange, east: Site) -> None:
    full = {"market_id": east.market_id, "hour": HOUR + 1, "side": -1, "price_fen": 1000}
    BookLevel.objects.create(**full, quantity=2**31 - 1, orders=1)  # nothing can be added to it
    lost, stored = place([ask(east), ask(exchange.north)])
    with pytest.raises(GroupsFailed, match="east: DataError"):
        exchange.matcher.run_batch()
    assert states() == {lost: "pending", stored: "open"}
    BookLevel.objects.filter(**full).delete()
    exchange.matcher.drain()
    assert states() == {lost: "open", stored: "open"}
    assert list(find_differences()) == []


@contextmanager
def running(matcher: Matcher) -> Iterator[None]:
    stop = Event()

    def run() -> None:
        MatcherProcess(matcher=matcher, stop=stop).run()
        connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_process_goes_on_names_the_group_and_tries_it_again(
    exchange: Exchange, east: Site, broken: set[int], client: Client
) -> None:
    broken.add(east.market_id)
    with running(Matcher(BrittleEngine)):
        place([ask(east)])
        wait_until(lambda: Lease.objects.filter(link_group="east", failing_since__isnull=False).exists())
        place([ask(exchange.north), bid(exchange.alice, exchange.market)])
        wait_until(lambda: Order.objects.filter(state="filled").exists())
        standing = {group.link_group: group for group in read_standing()}
        assert (standing["all"].is_matching, standing["east"].is_matching) == (True, False)
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("matchers", stdout=said)
        assert "ArithmeticError: a defect" in said.getvalue()
        answer = client.get("/health/").json()
        assert answer["is_matching"] is False
        assert [group["is_matching"] for group in answer["link_groups"]] == [True, False]
        assert "ArithmeticError" not in str(answer)
        broken.clear()
        wait_until(lambda: not Command.objects.filter(sequence=None).exists())
        wait_until(lambda: all(group.is_matching for group in read_standing()))
    assert list(find_differences(engine_factory=ReferenceEngine)) == []


def test_each_failure_in_a_row_doubles_the_wait() -> None:
    setbacks = Setbacks()
    waits = [setbacks.note("east", 100.0) for _ in range(10)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert (setbacks.due(129.9), setbacks.due(130.0)) == ([], ["east"])
    setbacks.forget("east")
    assert setbacks.groups() == set()
    assert setbacks.note("east", 200.0) == 0.2
