"""A small exchange, empty at the start of each run, and what its clients want of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from django.apps import apps
from django.db import connection

from billing.funds import deposit_funds
from billing.seed import seed_billing
from marketplace.trading import Verdict
from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from matching.hours import hour_of
from matching.models import Market, Participant, Site
from matching.replace import CheckedReplace, insert_replaces
from matching.rules import OrderRequest
from tests.factories import NOW, make_market, make_participant, make_site
from tests.matching.random_trading import with_alternatives

CLASSES = ("H800-80G", "A100-SXM4-80G", "DCU-K100-AI")
DEPOSITS_FEN = (8_000, 60_000)
HOUSES = ("matching", "billing")

MAKE_CLOCK = """
    CREATE SCHEMA IF NOT EXISTS simulation;
    CREATE SEQUENCE IF NOT EXISTS simulation.clock_ms;
    CREATE OR REPLACE FUNCTION simulation.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT timestamptz ''2040-01-01Z'' + last_value * interval ''1 ms'' FROM simulation.clock_ms'
"""
"""The clock of leases stands still unless the scheduler moves it; `search_path` puts it before PostgreSQL's own."""

SESSION_OPTIONS = "-c search_path=simulation,pg_catalog,public -c timezone=UTC"


@dataclass(frozen=True, slots=True)
class World:
    """What clients trade in."""

    markets: list[Market]
    sites: list[Site]
    providers: list[Participant]
    buyers: list[Participant]

    @classmethod
    def create(cls, seed: int) -> World:
        """Empty every table and store what there is at the start, the same for the same seed."""
        empty_tables()
        chance = random.Random(seed)
        seed_billing()
        count = chance.choice((1, 2, 3))
        markets = [
            make_market(
                name,
                reference_price_fen=100,
                protection_band_bps=500,
                open_blocks_max=chance.choice((3, 1000)),
                breaker_bps=chance.choice((None, 400)),
            )
            for name in CLASSES[:count]
        ]
        providers = [make_participant(f"provider-{row}", buys=False, provides=True) for row in range(2)]
        sites = [
            make_site(market, provider, accelerators=12, slug=name, identifier=name, name=name, name_zh=name)
            for market in markets
            for provider in providers
            for name in [f"{market.pk}-{provider.pk}"]
        ]
        buyers = [make_participant(f"buyer-{row}") for row in range(3)]
        for buyer in buyers:
            deposit_funds(participant_id=buyer.pk, amount_fen=chance.choice(DEPOSITS_FEN), key=buyer.slug, now=NOW)
        return cls(markets, sites, providers, buyers)


def empty_tables() -> None:
    """Empty the tables of all houses that the run writes, and let their numbers begin anew.

    Deleting a few rows is many times quicker than truncating; now and then what that leaves behind is thrown away.
    """
    global _emptied
    name = connection.settings_dict["NAME"]
    assert str(name).startswith(("test_", "simulation_")), f"{name} is no database for tests"
    _emptied += 1
    tables = [model._meta.db_table for house in HOUSES for model in apps.get_app_config(house).get_models()]
    with connection.cursor() as cursor:
        if _emptied % EMPTIED_TO_TRUNCATE == 1:
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
            return
        # Without triggers: no order of foreign keys, and rows that are never changed go too.
        deletes = "; ".join(f"DELETE FROM {table}" for table in tables)
        cursor.execute(f"SET session_replication_role = replica; {deletes}; RESET session_replication_role")
        cursor.execute(RESTART_NUMBERS)


_emptied = 0
EMPTIED_TO_TRUNCATE = 20

RESTART_NUMBERS = """
    SELECT count(setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL AND (sequencename LIKE 'matching%' OR sequencename LIKE 'billing%')
"""


@dataclass(slots=True)
class Job:
    """One thing that a client asks for, sent again until it is answered."""

    number: int
    what: str  # place, cancel, cancel_all, replace
    participant_id: int
    market_id: int | None = None
    requests: list[OrderRequest] = field(default_factory=list)
    order_id: int = 0
    quantity: int | None = None
    price_fen: int | None = None
    sent: int = 0
    done: int = 0  # how often it was acknowledged


class Clients:
    """What the participants want, in the order in which they come to it, and what they have been told."""

    def __init__(self, world: World, chance: random.Random, jobs: int, *, have_alternatives: bool) -> None:
        self.world = world
        self.chance = chance
        self.have_alternatives = have_alternatives  # then markets are never linked anew
        self.now = NOW
        self.jobs: list[Job] = []
        self.order_ids: dict[str, int] = {}  # acknowledged, by client_order_id
        self.requests: dict[str, OrderRequest] = {}
        self.replaces: dict[int, CheckedReplace] = {}  # by command, whatever became of it
        self.contradictions: list[str] = []
        self._left = jobs
        self._queue: list[Job] = []
        self._out = 0

    @property
    def is_over(self) -> bool:
        """Whether nobody wants anything more."""
        return not self._left and not self._queue and not self._out

    def take(self) -> Job | None:
        """Hand out the next thing to be done, sometimes one that is being done already."""
        if self._queue and self.chance.random() < 0.5:
            job = self._queue.pop(0)
        elif self._left:
            self._left -= 1
            self.now += timedelta(minutes=self.chance.choice((0, 1, 1, 20)))
            job = self._invent()
            self.jobs.append(job)
            if job.what == "place" and self.chance.random() < 0.15:
                self._queue.append(job)  # delivered twice
        elif self._queue:
            job = self._queue.pop(0)
        else:
            return None
        self._out += 1
        job.sent += 1
        return job

    def give_back(self, job: Job) -> None:
        """Note that nobody knows what came of a job; it is sent again."""
        self._out -= 1
        self._queue.append(job)

    def answer(self, job: Job, verdicts: Sequence[Verdict] = ()) -> None:
        """Note what the exchange has acknowledged."""
        self._out -= 1
        job.done += 1
        for request, verdict in zip(job.requests, verdicts, strict=job.what == "place"):
            name = request.client_order_id or ""
            if not isinstance(verdict, int):
                if name in self.order_ids:
                    self.contradictions.append(
                        f"{name} was accepted as {self.order_ids[name]} and then refused: {verdict}"
                    )
            elif self.order_ids.setdefault(name, verdict) != verdict:
                self.contradictions.append(f"{name} was accepted as {self.order_ids[name]} and as {verdict}")

    def noting_replaces(self) -> AbstractContextManager[object]:
        """Keep what every replace reckoned with, by the id of its command; its client may not hear of it."""

        def insert(*, checked: Sequence[CheckedReplace], now: datetime) -> list[int]:
            ids = insert_replaces(checked=checked, now=now)
            self.replaces |= dict(zip(ids, checked, strict=True))
            return ids

        return mock.patch("marketplace.trading.insert_replaces", insert)

    def refuse(self, job: Job) -> None:
        """Note that the exchange has refused a cancel or a replace."""
        self._out -= 1

    def _invent(self) -> Job:
        number = len(self.jobs) + 1
        what = self.chance.random()
        if what < 0.75 or not self.order_ids:
            requests = [self._request(number, row) for row in range(self.chance.choice((1, 1, 1, 2, 4)))]
            participant_id = requests[0].participant_id
            return Job(number, "place", participant_id, requests=requests)
        name = self.chance.choice(list(self.order_ids))
        request = self.requests[name]
        job = Job(number, "cancel", request.participant_id, request.market_id, order_id=self.order_ids[name])
        if what < 0.84:
            return job
        if what < 0.96:
            job.what = "replace"
            job.quantity = self.chance.choice((None, self.chance.randint(1, 6), self.chance.randint(1, 12)))
            job.price_fen = self.chance.choice((None, None, self.chance.randint(93, 107)))
            return job
        job.what = "cancel_all"
        job.market_id = self.chance.choice((None, request.market_id))
        return job

    def _request(self, number: int, row: int) -> OrderRequest:
        request = random_request(self.chance, self.world, self.now, f"job-{number}-{row}")
        if self.have_alternatives and request.side == Side.BID and self.chance.random() < 0.8:
            request = with_alternatives(self.chance, request, [market.pk for market in self.world.markets])
        self.requests[request.client_order_id or ""] = request
        return request


def random_request(chance: random.Random, world: World, now: datetime, client_order_id: str) -> OrderRequest:
    """Make up an order that may be refused, trade or rest."""
    quantity = chance.randint(1, 8)
    price_fen = chance.choice([None, *range(95, 106)])
    time_in_force = chance.choice([TimeInForce.GTC] * 6 + [TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK])
    values: dict[str, Any] = {
        "client_order_id": client_order_id,
        "start": hour_of(now) + 1 + chance.randrange(5),
        "hours": chance.randint(1, 4),
        "quantity": quantity,
        "price_fen": price_fen,
        "time_in_force": time_in_force,
        "expires_at": now + timedelta(minutes=chance.choice((1, 2, 30, 90)))
        if time_in_force == TimeInForce.GTD
        else None,
        "self_trade": chance.choice(list(SelfTrade)),
    }
    if chance.random() < 0.5:
        rests = price_fen is not None and time_in_force == TimeInForce.GTC
        hides = rests and chance.random() < 0.4
        values |= {
            "kind": Kind.HOURLY,
            "post_only": rests and chance.random() < 0.2,
            "display_quantity": chance.randint(1, quantity) if hides else None,
        }
    else:
        values |= {
            "kind": Kind.BLOCK,
            "start_flexibility": chance.choice((0, 0, 1, 3)),
            "one_site": chance.random() < 0.3,
            "min_quantity": chance.choice((None, None, chance.randint(1, quantity))),
        }
    if chance.random() < 0.5:
        site = chance.choice(world.sites)
        seller_id = site.provider_id if chance.random() < 0.75 else chance.choice(world.buyers).pk
        return OrderRequest(
            participant_id=seller_id, market_id=site.market_id, side=Side.ASK, site_id=site.pk, **values
        )
    buyer = chance.choice(world.buyers)
    return OrderRequest(participant_id=buyer.pk, market_id=chance.choice(world.markets).pk, side=Side.BID, **values)
