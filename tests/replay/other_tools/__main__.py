"""A replayed week judged by other people's tools: its books by beancount and hledger, its e-invoices by the rules of EN 16931.

    python -m tests.replay.other_tools DIR                 replays DIR in a database of its own, which it drops again
    python -m tests.replay.other_tools --database NAME     takes what `manage.py replay DIR --database NAME` has kept

Prints what was tried and every fault; exit code 1 if there is any.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager


def main() -> int:
    """Try everything; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.other_tools")
    week = parser.add_mutually_exclusive_group(required=True)
    week.add_argument("folder", metavar="DIR", nargs="?", help="a folder to replay first")
    week.add_argument("--database", metavar="NAME", help="a database kept by `replay --database NAME`")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()
    from marketplace.embedded.attachment import attach_embedded_database
    from tests.replay.other_tools.books import faults_of_books
    from tests.replay.other_tools.einvoices import faults_of_einvoices

    attach_embedded_database()
    with replayed(arguments.folder, arguments.database):
        faults = [*faults_of_books(tell=say), *faults_of_einvoices(tell=say)]
    for fault in faults:
        say(fault)
    say(f"{len(faults)} faults")
    return 1 if faults else 0


@contextmanager
def replayed(folder: str | None, kept: str | None) -> Iterator[None]:
    """Work on a database that was kept, or on that of a replay made for this."""
    from django.core.management import call_command

    from marketplace.replay.database import database, drop_database

    name = kept or f"suanshi_replay_{os.getpid()}"
    try:
        if folder is not None:
            call_command("replay", folder, database=name)
        with database(name):
            yield
    finally:
        if kept is None:
            drop_database(name)


def say(sentence: str) -> None:
    """Print at once, so that a long run shows where it is."""
    print(sentence, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
