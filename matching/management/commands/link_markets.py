from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.linking import UnableToLink, link_markets


class Command(BaseCommand):
    """Put markets into a link group."""

    help = (
        "Put markets into a link group. One matcher at a time plays a group, so more groups let more matchers work; an order "
        "can name alternatives only among the markets of one group. Safe while matchers run. `matchers` lists the groups."
    )
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare group and markets."""
        parser.add_argument("link_group", metavar="GROUP")
        parser.add_argument("symbols", metavar="SYMBOL", nargs="+")

    def handle(self, **options: Any) -> None:
        """Link them."""
        try:
            link_markets(symbols=options["symbols"], link_group=options["link_group"])
        except UnableToLink as error:
            raise CommandError(str(error)) from error
