from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from marketplace.demo.history import history_is_played, play_history
from marketplace.demo.stage import set_stage
from matching.matcher import Matcher
from matching.models import Order


class Command(BaseCommand):
    help = "Create the demo's people, sites and markets, and its past if it has none; running it again changes nothing."
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if Order.objects.filter(participant__is_demo=False).exists() and not history_is_played():
            raise CommandError("This exchange has orders of its own. The demo wants an empty database.")
        stage = set_stage(now=now)
        if history_is_played():
            return
        self.stdout.write("First start: playing a month of demo trading ...")
        started = time.monotonic()
        with connection.cursor() as cursor:
            # A power cut may take the last moments of this invented past; it goes on from where it is.
            cursor.execute("SET synchronous_commit TO off")
        matcher = Matcher()
        matcher.rebuild()
        play_history(stage=stage, now=now, match=matcher.drain, tell=self._tell)
        self.stdout.write(f"Demo history is ready after {time.monotonic() - started:.0f} s.")

    def _tell(self, sentence: str) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"  {sentence}", ending="\r")
            self.stdout.flush()
