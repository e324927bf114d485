"""A web server as `make demo` runs it, over the measured database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.conf import settings

from marketplace.replay.database import database_address

START_S_MAX = 60


@contextmanager
def web_server(module: str, database: str, application: str = "application") -> Iterator[int]:
    """Serve an ASGI application of `module` and yield the port."""
    port = free_port()
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", f"{module}:{application}", *arguments, "--no-access-log"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_address(database)},
    )
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_S_MAX
    while True:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, "the web server does not start"
        time.sleep(0.05)
