"""One run of the campaign: the scheduler's hour, then the quiet after it, then the judgement."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from matching.models import Command, Trade
from tests.simulation.actors import CAST, Cast, role_of
from tests.simulation.faults import Dice
from tests.simulation.judgement import judge
from tests.simulation.scheduler import Actor, Scheduler
from tests.simulation.sessions import stepping_prepared_statements
from tests.simulation.world import MAKE_CLOCK, SESSION_OPTIONS, Clients, World

JOBS = (8, 12, 16, 30)
"""How many things the clients of a run want."""


@dataclass
class Run:
    """What came of a seed; `differences` says in sentences what should not be."""

    seed: int
    differences: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    commands: int = 0
    trades: int = 0
    seconds: float = 0.0


def play(seed: int) -> Run:
    """Play one seed on the database of this process, which it empties."""
    started = time.perf_counter()
    run = Run(seed)
    dice = Dice(seed)
    world = World.create(seed)
    has_operator = len(world.markets) > 1 and dice.chance.random() < 0.4
    clients = Clients(world, dice.chance, dice.chance.choice(JOBS), have_alternatives=not has_operator)
    with monitor() as session:
        session.execute(MAKE_CLOCK)
        scheduler = Scheduler(dice=dice, monitor=session, session_options=SESSION_OPTIONS)
        scheduler.advance_lease_clock(1)
        try:
            with clients.noting_replaces(), stepping_prepared_statements():
                perform(scheduler, Cast(clients), roles_of(dice, has_operator=has_operator))
        except AssertionError as error:
            run.differences.append(str(error))
        except Exception as error:
            run.differences.append(f"{type(error).__name__}: {error}")
        finally:
            scheduler.end()
        run.trace, run.steps = scheduler.trace, scheduler.steps
        run.faults = Counter(scheduler.faults)
    if not run.differences:
        try:
            run.differences.extend(judge(seed=seed, clients=clients))
        except Exception as error:
            run.differences.append(f"at the end, {type(error).__name__}: {error}")
        run.commands, run.trades = Command.objects.count(), Trade.objects.count()
    run.seconds = time.perf_counter() - started
    return run


def roles_of(dice: Dice, *, has_operator: bool) -> list[str]:
    """Choose who takes part besides those who always do."""
    has_supervisor = dice.chance.random() < 0.4
    return [*CAST, *(["operator"] * has_operator), *(["supervisor"] * has_supervisor)]


def perform(scheduler: Scheduler, cast: Cast, roles: list[str]) -> None:
    """Run all processes until the clients want nothing more; a killed one comes back under a new name."""

    def start(role: str) -> None:
        name = cast.name_of(role)
        scheduler.start(name, cast.work_of(role))

    def restart(actor: Actor) -> None:
        scheduler.note(f"{actor.name}: has died")
        start(role_of(actor))

    for role in roles:
        start(role)
    scheduler.run(restart)


def monitor() -> psycopg.Connection[Any]:
    """Open the scheduler's own session, which belongs to no actor."""
    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    return psycopg.connect(make_conninfo(**parameters), autocommit=True)
