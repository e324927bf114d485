"""`python -m tests.simulation --seed 123 [--trace]`: play one seed again, or many of them, on a database made for it."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

TRACE_LINES = 60
PROGRESS = 50
"""After how many seeds a line says so."""


def main() -> int:
    """Play the seeds and print what came of them; returns 1 where one has failed."""
    arguments = read_arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from matching.engines import make_engine
    from tests.simulation.campaign import Run, play
    from tests.simulation.report import failure_of, line_of, total_of

    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    runs: list[Run] = []
    started = time.perf_counter()
    make_engine()  # compiles the kernel, or loads it
    with test_database(f"simulation_{os.getpid()}"):
        for seed in seeds:
            run = play(seed)
            if arguments.trace:
                say("\n".join(run.trace))
            if run.differences:
                say(failure_of(run, lines=TRACE_LINES))
            elif len(seeds) == 1:
                say(line_of(run))
            run.trace = []
            if len(runs) % PROGRESS == PROGRESS - 1:
                say(f"{len(runs) + 1} seeds, {time.perf_counter() - started:.0f} s")
            runs.append(run)
    say(total_of(runs, time.perf_counter() - started))
    return int(any(run.differences for run in runs))


def say(text: str) -> None:
    """Print at once, so that a log shows how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from the first on")
    parser.add_argument("--trace", action="store_true", help="print every step")
    return parser.parse_args()


@contextmanager
def test_database(name: str) -> Iterator[None]:
    """Make a database on the tests' server and drop it at the end."""
    from django.conf import settings
    from django.db import connection

    from marketplace.embedded import locations
    from marketplace.embedded.postgres import DISPOSABLE_OPTIONS, EmbeddedPostgres

    if settings.EMBEDDED_POSTGRES_DIR is not None:
        data_dir = settings.VAR_DIR / "test-postgres"
        EmbeddedPostgres(data_dir, DISPOSABLE_OPTIONS).attach()
        connection.settings_dict["OPTIONS"]["host"] = str(locations.socket_dir(data_dir))
    own = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"] = {**connection.settings_dict.get("TEST", {}), "NAME": name}
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(own, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
