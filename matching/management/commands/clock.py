from __future__ import annotations

import signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from matching.clock_process import ClockProcess


class Command(BaseCommand):
    """Tell the time until stopped."""

    help = (
        "Tell the matchers the time until stopped: gates that close, orders good till a time, planned steps of halts, circuit "
        "breakers, reference prices. Any number may run."
    )
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        """Run the clock until a signal."""
        stop = Event()

        def stop_soon(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, stop_soon)
        signal.signal(signal.SIGINT, stop_soon)
        ClockProcess(host_clock=timezone.now, stop=stop).run()
