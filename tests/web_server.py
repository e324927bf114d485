"""The web process as it is deployed: uvicorn with pages, REST and WebSocket."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from django.conf import settings

START_S_MAX = 240  # a machine that has not compiled the kernel yet does that first


class WebServer:
    """A server on a port of its own; `start` after `stop` takes the same port."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment | {"DJANGO_SETTINGS_MODULE": "tests.web_settings"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def live_url(self) -> str:
        return f"ws://localhost:{self.port}/live/"

    @property
    def memory_bytes(self) -> int:
        """Resident memory of the process."""
        assert self._process is not None
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        where = ["--host", "localhost", "--port", str(self.port), "--lifespan", "off", "--log-level", "warning"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "marketplace.asgi:application", *where],
            cwd=settings.BASE_DIR,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/api/v1/markets", timeout=START_S_MAX).close()
            except urllib.error.URLError:
                assert time.monotonic() < deadline, "the web server does not answer"
                assert self._process.poll() is None, "the web server has ended"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def run_web_server(environment: dict[str, str]) -> Iterator[WebServer]:
    """Run a web server until left."""
    server = WebServer(environment)
    try:
        server.start()
        yield server
    finally:
        server.stop()
