from __future__ import annotations

import signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from matching.matcher import Matcher
from matching.matcher_process import MatcherProcess


class Command(BaseCommand):
    """Match orders until stopped."""

    help = (
        "Match orders until stopped: plays the inbox through the engine and commits each batch. SIGTERM and Ctrl-C stop it "
        "after the batch at hand. A second matcher stands by."
    )
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        """Run the matcher until a signal."""
        stop = Event()

        def stop_soon(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, stop_soon)
        signal.signal(signal.SIGINT, stop_soon)
        MatcherProcess(matcher=Matcher(), stop=stop).run()
