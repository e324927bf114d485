from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from matching.halts import IsCollecting, UnableToRule, active_halts, collect_orders, resume_trading
from matching.management.halt_arguments import add_market_arguments, markets_named


class Command(BaseCommand):
    help = "End the halts of markets: at once, or after orders have been collected for an auction."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Markets, and how to open."""
        add_market_arguments(parser)
        parser.add_argument(
            "--collect", type=int, metavar="MINUTES", help="collect orders so long, then open by an auction"
        )

    def handle(self, **options: Any) -> None:
        """End each halt that stands."""
        now = timezone.now()
        minutes = options["collect"]
        for market in markets_named(options["symbols"], every=options["all"]):
            for halt in active_halts([market.pk]):
                try:
                    if minutes is None:
                        resume_trading(halt_id=halt.pk, by=options["by"], reason=options["reason"], now=now)
                    else:
                        collect_orders(
                            halt_id=halt.pk, by=options["by"], reason=options["reason"], minutes=minutes, now=now
                        )
                except IsCollecting:
                    pass
                except UnableToRule as error:
                    raise CommandError(str(error)) from error
                self.stdout.write(f"{market.symbol}: halt {halt.pk}")
