"""A `manage.py demo` under test, in a var folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import requests
from django.conf import settings

from marketplace.embedded import locations

START_SECONDS_MAX = 240
STOP_SECONDS_MAX = 60


class Demo:
    """One `manage.py demo` over a var folder of its own."""

    def __init__(self, var_dir: Path, port: int, *options: str) -> None:
        self.var_dir = var_dir
        self.url = f"http://127.0.0.1:{port}/"
        var_dir.mkdir(exist_ok=True)
        self.output_path = var_dir / f"output-{port}.txt"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        with self.output_path.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--port", str(port), *options],
                cwd=settings.BASE_DIR,
                env={**environment, "SUANSHI_VAR": str(var_dir), "DEBUG": "1", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_it_answers(self) -> None:
        """Wait for the line with the finance login, which comes once the web answers."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while "finance@demo.example" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def said(self) -> str:
        """Everything that it has printed."""
        return self.output_path.read_text(encoding="utf-8")

    def query(self, statement: str) -> int:
        """Ask the demo's database for a number."""
        with psycopg.connect(locations.database_url(self.var_dir / "postgres")) as connection:
            row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def sign_in(self, email: str, password: str) -> requests.Session:
        """Sign in as a person does, with the form."""
        session = requests.Session()
        address = f"{self.url}accounts/login/"
        session.get(address, timeout=30)
        form = {"login": email, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
        answer = session.post(address, form, headers={"Referer": address}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert "sessionid" in session.cookies, answer.text
        return session

    def family(self) -> list[psutil.Process]:
        """Every process of this demo, by the var folder in its environment or its command."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return process.environ().get("SUANSHI_VAR") == str(self.var_dir) or str(self.var_dir) in " ".join(
                process.cmdline()
            )
        except psutil.Error:
            return False

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS_MAX)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
