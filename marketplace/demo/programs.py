"""The processes of the embedded shape, as docs/processes.md names them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from marketplace.embedded.supervisor import Program


def demo_programs(*, base_dir: Path, var_dir: Path, host: str, port: int, matchers: int = 1) -> Sequence[Program]:
    """List what `make demo` runs, in the order in which it starts; it stops in the opposite order."""
    manage = [sys.executable, str(base_dir / "manage.py")]
    celery = [sys.executable, "-m", "celery", "-A", "marketplace"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    options = ["--host", host, "--port", str(port), "--lifespan", "off", "--ws-max-size", "65536"]
    web = ["marketplace.asgi:application", *options]
    return (
        *(
            Program("matcher" if number == 1 else f"matcher-{number}", [*manage, "matcher"])
            for number in range(1, matchers + 1)
        ),
        Program("clock", [*manage, "clock"]),
        Program("worker", [*celery, "worker", "--loglevel", "INFO", *quiet], stop_seconds=20),
        Program("beat", [*celery, "beat", "--loglevel", "INFO", "--schedule", str(var_dir / "beat"), "--pidfile="]),
        Program("web", [sys.executable, "-m", "uvicorn", *web, "--timeout-graceful-shutdown", "3"]),
        Program("traders", [*manage, "demo_traders"]),
    )
