from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from matching.halts import Reopening, UnableToRule, halt_trading
from matching.management.halt_arguments import add_market_arguments, hour_named, markets_named


class Command(BaseCommand):
    help = "Halt trading in markets, or in some of their delivery hours, until `resume` or as planned."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Markets, hours, and the plan."""
        add_market_arguments(parser)
        parser.add_argument("--from-hour", metavar="HOUR", help="the first delivery hour, as 2026-03-02T18")
        parser.add_argument("--hours", type=int, default=1, help="how many delivery hours from there; 1")
        parser.add_argument("--collect", action="store_true", help="let orders come in and rest, without trading")
        parser.add_argument(
            "--reopen-after", type=int, metavar="MINUTES", help="collect orders this many minutes from now"
        )
        parser.add_argument("--collect-minutes", type=int, default=5, help="and open by an auction after so many; 5")

    def handle(self, **options: Any) -> None:
        """Halt each market named."""
        now = timezone.now()
        span = (hour_named(options["from_hour"]), options["hours"]) if options["from_hour"] else None
        reopening = Reopening()
        if options["reopen_after"] is not None:
            collect_at = now + timedelta(minutes=options["reopen_after"])
            reopening = Reopening(collect_at, collect_at + timedelta(minutes=options["collect_minutes"]))
        for market in markets_named(options["symbols"], every=options["all"]):
            try:
                halt = halt_trading(
                    market=market,
                    by=options["by"],
                    reason=options["reason"],
                    now=now,
                    span=span,
                    collecting=options["collect"],
                    reopening=reopening,
                )
            except UnableToRule as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"{market.symbol}: halt {halt.pk}")
