from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from marketplace.demo.people import DEMO_LOGINS, DEMO_PASSWORD
from marketplace.demo.programs import demo_programs
from marketplace.demo.start_up import DemoCannotStart, answers, hold_demo_lock, take_port
from marketplace.embedded.attachment import revive_embedded_database
from marketplace.embedded.postgres import EmbeddedPostgresFailed
from marketplace.embedded.supervisor import POLL_SECONDS, Supervisor

ANSWER_SECONDS_MAX = 90
RETRY_SECONDS = 5


class Command(BaseCommand):
    help = "Run a whole exchange with a living demo market until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))
        parser.add_argument("--matchers", type=int, default=os.environ.get("MATCHERS", "1"), help="how many to run")
        web_processes = os.environ.get("WEB_PROCESSES", "1")
        parser.add_argument("--web-processes", type=int, default=web_processes, help="how many share the port")
        parser.add_argument("--no-traders", action="store_true", help="leave the market to you")

    def handle(
        self, *args: Any, host: str, port: int, matchers: int, web_processes: int, no_traders: bool, **options: Any
    ) -> None:
        try:
            listener = take_port(host, port)
            hold_demo_lock(settings.VAR_DIR / "demo.lock")
        except DemoCannotStart as error:
            raise CommandError(str(error)) from error
        # Until the supervisor takes over, SIGTERM is a Ctrl-C too.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._prepare()
        except KeyboardInterrupt:
            self._say("\nStopped before the start. `make demo` goes on where this left off.")
            return
        programs = [
            program
            for program in demo_programs(
                base_dir=settings.BASE_DIR,
                var_dir=settings.VAR_DIR,
                listener=listener.fileno(),
                matchers=matchers,
                web_processes=web_processes,
            )
            if not (no_traders and program.name == "traders")
        ]
        supervisor = Supervisor(
            programs,
            log_dir=settings.VAR_DIR / "log",
            environment=os.environ,
            say=self._say,
            look_after=self._look_after_database,
        )
        supervisor.start()
        try:
            if self._wait_for_web(supervisor, "127.0.0.1" if host == "0.0.0.0" else host, port):
                self._welcome(host, port)
            supervisor.run()
        finally:
            supervisor.stop()
        self._say("Stopped. `make demo` goes on where this left off.")

    def _prepare(self) -> None:
        self._say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
        self._seed()
        for connection in connections.all():
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]  # the supervisor only watches

    def _seed(self) -> None:
        """Seed in a process of its own: it needs the engine, and this one stays for as long as the demo."""
        command = [sys.executable, "-m", "marketplace.embedded.tied_process"]
        seed = subprocess.run([*command, sys.executable, str(settings.BASE_DIR / "manage.py"), "seed_demo"])
        if seed.returncode != 0:
            raise CommandError("The demo's data could not be prepared; the reason stands above.")

    def _look_after_database(self) -> None:
        try:
            if revive_embedded_database():
                self._say(f"The database had ended and was started again. See {settings.VAR_DIR / 'postgres.log'}")
        except EmbeddedPostgresFailed as error:
            self._say(str(error))
            time.sleep(RETRY_SECONDS)

    def _wait_for_web(self, supervisor: Supervisor, host: str, port: int) -> bool:
        self._say("Starting matcher, clock, worker, beat, web and demo traders ...")
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while not supervisor.stopping:
            if answers(host, port):
                return True
            if time.monotonic() > deadline:
                log = settings.VAR_DIR / "log" / "web.log"
                self._say(f"The web does not answer after {ANSWER_SECONDS_MAX} s. See {log}. Ctrl-C stops.")
                return False
            supervisor.tend()
            time.sleep(POLL_SECONDS)
        return False

    def _welcome(self, host: str, port: int) -> None:
        self._say("")
        self._say(f"  Suanshi 算市   http://{host}:{port}/")
        self._say("")
        for login in DEMO_LOGINS:
            self._say(f"  {login.role:<9} {login.email:<28} {DEMO_PASSWORD}")
        self._say("")
        self._say(f"  Logs are in {settings.VAR_DIR / 'log'}. Ctrl-C stops everything; the data stays.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
