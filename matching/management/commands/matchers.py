from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from matching.standing import read_standing


class Command(BaseCommand):
    """Say which matcher plays what."""

    help = (
        "Say for each link group which matcher plays it, how many commands wait and how old the oldest is. "
        "Where its matcher cannot play it, since when and why. Exit 1 where a group is not played."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the output."""
        parser.add_argument("--json", action="store_true", help="print one JSON object a group")

    def handle(self, **options: Any) -> None:
        """Print a line a group."""
        now = timezone.now()
        groups = read_standing()
        for group in groups:
            facts = {
                "link_group": group.link_group,
                "markets": group.markets,
                "matcher": group.matcher,
                "sequence": group.sequence,
                "waiting": group.waiting,
                "lag_s": round(group.lag_s(now), 3),
                "failing_since": group.failing_since and group.failing_since.isoformat(),
                "error": group.error or None,
            }
            if options["json"]:
                self.stdout.write(json.dumps(facts))
            else:
                self.stdout.write("  ".join(f"{name} {'none' if v is None else v}" for name, v in facts.items()))
        if not all(group.is_matching for group in groups):
            sys.exit(1)
