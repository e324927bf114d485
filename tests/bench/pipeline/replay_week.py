"""The recorded week through the whole exchange: entry, matcher, clearing, settlement, invoices, verification."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from django.conf import settings

from tests.bench.engine.rounds import Row
from tests.bench.pipeline.figures import row

WEEK: Path = settings.BASE_DIR.parent / "shared" / "data" / "replay-week"


def rows() -> list[Row]:
    """Return the whole command's wall-clock time once, from its start to its end; nothing where the week is not here."""
    if not WEEK.is_dir():
        return []
    command = [sys.executable, "manage.py", "replay", str(WEEK), "--json"]
    started = perf_counter()
    said = subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True).stdout
    seconds = perf_counter() - started
    report = json.loads(said.strip().splitlines()[-1])
    assert report["books_balance"], report
    return [row(f"replay-week whole, {report['trades']:,} trades, verified", seconds, "s")]
