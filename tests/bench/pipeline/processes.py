"""The programs that `make demo` runs, over the measured database: a web server, matchers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from marketplace.replay.database import database_address
from matching.models import LeaseHolder
from tests.bench.pipeline.waiting import wait_until


@contextmanager
def matcher(database: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `manage.py matcher` and wait until it has entered itself."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "matcher"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_address(database), "LOG_LEVEL": "WARNING"},
    )
    try:
        wait_until(lambda: LeaseHolder.objects.filter(name__contains=f" {process.pid} ").exists())
        yield process
    finally:
        process.terminate()
        process.wait()
