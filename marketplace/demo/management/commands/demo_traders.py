from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from random import Random
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.demo.stage import set_stage
from marketplace.demo.traders import Traders


class Command(BaseCommand):
    help = "Keep the demo traders listing and bidding until stopped."
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=2.5, help="between two actions, on average")

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        chance = Random()
        traders = Traders(stage=set_stage(now=timezone.now()), chance=chance)
        while not stopped.wait(chance.uniform(0.4, 1.6) * seconds):
            traders.act(now=timezone.now())
