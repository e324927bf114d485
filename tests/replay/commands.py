"""Running manage.py as an operator does, on the tests' server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings


def manage(environment: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def judge_by_other_tools(environment: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Let beancount, hledger and the rules of EN 16931 judge a replay, as a reader does."""
    command = [sys.executable, "-m", "tests.replay.other_tools", *map(str, arguments)]
    return subprocess.run(
        command, cwd=settings.BASE_DIR, env=dict(environment), capture_output=True, text=True, check=False
    )


def last_json(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read the object on the last line."""
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer
