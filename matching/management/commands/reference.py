from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from matching.halts import UnableToRule
from matching.management.halt_arguments import add_market_arguments, markets_named
from matching.references import set_reference


class Command(BaseCommand):
    help = "Give markets a reference price, around which lies the band outside which nothing trades."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Markets, price and width."""
        add_market_arguments(parser)
        parser.add_argument("--price-fen", type=int, required=True, help="fen per accelerator-hour")
        parser.add_argument("--band-bps", type=int, help="the band's half width in hundredths of a percent of it")

    def handle(self, **options: Any) -> None:
        """Set it in each market named."""
        for market in markets_named(options["symbols"], every=options["all"]):
            try:
                set_reference(
                    market_id=market.pk,
                    price_fen=options["price_fen"],
                    band_bps=options["band_bps"],
                    by=options["by"],
                    reason=options["reason"],
                    now=timezone.now(),
                )
            except UnableToRule as error:
                raise CommandError(str(error)) from error
            self.stdout.write(market.symbol)
