from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from billing.verify import find_differences as find_billing_differences
from marketplace.replay.database import UnableToUseDatabase, database
from matching.archive.folder import ArchiveDamaged
from matching.models import Trade
from matching.verify import find_differences as find_matching_differences

PARTS: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
    ("matching: orders, trades, capacity, command log", find_matching_differences),
    ("billing: ledger, holds, settlement, invoices", find_billing_differences),
)
SHOWN_MAX = 50


def _found(find_differences: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield what a house finds; where the archive cannot be read, that."""
    try:
        yield from find_differences()
    except ArchiveDamaged as error:
        yield str(error)


class Command(BaseCommand):
    """Recompute everything from first principles and name each difference."""

    help = (
        "Recompute trades, capacity, balances, holds, settlement and invoices from first principles, and play the "
        "command log through the engine again. Exit 0 when all of it agrees, 1 naming each difference."
    )
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the output and the database."""
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object on the last line")
        parser.add_argument("--database", metavar="NAME", help="a database kept by `replay --database NAME`")

    def handle(self, **options: Any) -> None:
        """Verify each house and report."""
        started = time.perf_counter()
        name: str | None = options["database"]
        try:
            with database(name) if name else nullcontext():
                is_empty = Trade._meta.db_table not in connection.introspection.table_names()
                if is_empty:
                    self.stderr.write("The database has no tables yet, so there is nothing to verify.")
                parts = () if is_empty else PARTS
                found = {part: list(_found(find_differences)) for part, find_differences in parts}
        except UnableToUseDatabase as error:
            raise CommandError(str(error)) from error
        seconds = round(time.perf_counter() - started, 2)
        if options["json"]:
            differences = [sentence for sentences in found.values() for sentence in sentences]
            self.stdout.write(json.dumps({"ok": not differences, "differences": differences, "seconds": seconds}))
        else:
            self._print(found, seconds)
        if any(found.values()):
            sys.exit(1)

    def _print(self, found: dict[str, list[str]], seconds: float) -> None:
        width = max(map(len, found), default=0)
        for part, sentences in found.items():
            verdict = f"{len(sentences)} differences" if sentences else "agrees"
            self.stdout.write(f"{part:<{width}}  {verdict}")
        for sentences in found.values():
            for sentence in sentences[:SHOWN_MAX]:
                self.stdout.write(f"  {sentence}")
            if len(sentences) > SHOWN_MAX:
                self.stdout.write(f"  and {len(sentences) - SHOWN_MAX} more; --json lists them all")
        self.stdout.write(f"{seconds} s")
