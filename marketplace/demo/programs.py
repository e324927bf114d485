"""The processes of the embedded shape, as docs/processes.md names them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from marketplace.embedded.supervisor import Program


def demo_programs(
    *, base_dir: Path, var_dir: Path, listener: int, matchers: int = 1, web_processes: int = 1
) -> Sequence[Program]:
    """List what `make demo` runs, in the order in which it starts; it stops in the opposite order.

    `listener` is the file number of the port: whichever web process is free takes the next connection, and one that starts again finds
    those that came meanwhile.
    """
    manage = [sys.executable, str(base_dir / "manage.py")]
    celery = [sys.executable, "-m", "celery", "-A", "marketplace"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    options = ["--fd", str(listener), "--lifespan", "off", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "3"]
    web = [sys.executable, "-m", "uvicorn", "marketplace.asgi:application", *options]
    return (
        *(Program(name, [*manage, "matcher"]) for name in _names("matcher", matchers)),
        Program("clock", [*manage, "clock"]),
        Program("worker", [*celery, "worker", "--loglevel", "INFO", *quiet], stop_seconds=20),
        Program("beat", [*celery, "beat", "--loglevel", "INFO", "--schedule", str(var_dir / "beat"), "--pidfile="]),
        *(Program(name, web, files=[listener]) for name in _names("web", web_processes)),
        Program("traders", [*manage, "demo_traders"]),
    )


def _names(name: str, count: int) -> list[str]:
    """`web`, `web-2`, `web-3`, ..."""
    return [name, *(f"{name}-{number}" for number in range(2, count + 1))]
