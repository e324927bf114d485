from __future__ import annotations

import json
import os
import signal
import sys
import time
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.replay.calendar import Calendar
from marketplace.replay.database import UnableToUseDatabase, database_address, drop_forgotten, new_database
from marketplace.replay.people import LOGINS, create_logins
from marketplace.replay.player import Player
from marketplace.replay.report import differences_from_expected, week_report
from marketplace.replay.seed import seed_week
from marketplace.replay.table import UnableToReadFolder
from marketplace.replay.week import Week, read_week
from matching.matcher import Matcher

KEPT_DATABASE = "suanshi_replay"
DROPPED_DATABASE = "suanshi_replay_"  # and the process id


class Command(BaseCommand):
    """Play a folder of offers and bids through the whole exchange with a simulated clock."""

    help = """Play a folder of sites.csv, offers.csv and bids.csv through the whole exchange with a simulated clock.

Hour 0 is Monday 2025-11-17 00:00 in Beijing. Everything happens in a database of its own on the same server,
which is dropped at the end; the exchange's own database is never touched. To look into it afterwards, keep it:

  manage.py replay DIR --database week      play, and keep the database `week`
  manage.py verify --database week          verify it
  manage.py replay DIR --seed-only          create participants, sites and markets without an order, and keep them
                                            (in `suanshi_replay`): an empty exchange to load or to try things on"""
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the folder and what to do with the database."""
        parser.add_argument("folder", metavar="DIR", type=Path)
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object on the last line")
        parser.add_argument(
            "--seed-only", action="store_true", help="create participants, sites and markets; no orders"
        )
        parser.add_argument("--database", metavar="NAME", help="name the database and keep it")
        parser.add_argument("--replace", action="store_true", help="drop the named database first if it exists")

    def handle(self, **options: Any) -> None:
        """Read the folder, play it, report; exit 1 when the books do not balance."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the database is dropped then too
        seed_only: bool = options["seed_only"]
        name: str = options["database"] or (KEPT_DATABASE if seed_only else f"{DROPPED_DATABASE}{os.getpid()}")
        keep = seed_only or options["database"] is not None
        started = time.perf_counter()
        try:
            week = read_week(options["folder"])
            drop_forgotten(DROPPED_DATABASE)
            with new_database(name, keep=keep, replace=options["replace"]):
                report = self._seed(week) if seed_only else self._play(week, options["folder"])
                if keep:
                    self._say_where(name)
        except (UnableToReadFolder, UnableToUseDatabase) as error:
            raise CommandError(str(error)) from error
        report["seconds"] = round(time.perf_counter() - started, 2)
        self._print(report, as_json=options["json"])
        if not report.get("books_balance", True):
            sys.exit(1)

    def _seed(self, week: Week) -> dict[str, Any]:
        seeded = seed_week(week=week, now=Calendar().start)
        return {
            "participants": len(seeded.participants),
            "markets": len(seeded.markets),
            "sites": len(seeded.sites),
        }

    def _play(self, week: Week, folder: Path) -> dict[str, Any]:
        seeded = seed_week(week=week, now=Calendar().start)
        matcher = Matcher()
        matcher.rebuild()
        player = Player(week=week, seeded=seeded, match=matcher.drain, tell=self._tell)
        player.play()
        self._tell("verifying")
        report = week_report(week=week, first_hour=player.calendar.first_hour)
        report["orders_refused"] = dict(player.refused)
        expected = differences_from_expected(report, folder)
        if expected is not None:
            report["differences_from_expected"] = expected
        return report

    def _tell(self, sentence: str) -> None:
        """Show progress where it does not mix with the result."""
        self.stderr.write(sentence, self.style.HTTP_INFO)

    def _say_where(self, name: str) -> None:
        password = create_logins()
        self._tell(f"Kept in the database {name}. Verify it with: manage.py verify --database {name}")
        self._tell(f"To look around, start the web with DATABASE_URL={database_address(name)}")
        self._tell(f"and sign in as {', '.join(LOGINS)} with the password {password}")

    def _print(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report))
            return
        width = max(map(len, report))
        for key, value in report.items():
            shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
            self.stdout.write(f"{key:<{width}}  {shown}")
