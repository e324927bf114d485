"""Minutes of a demo whose processes are killed at random; afterwards every book must agree. By `make soak` only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil
import pytest
from django.conf import settings

from tests.house.demo import Demo, free_port

VICTIMS = ("matcher", "worker", "uvicorn", "demo_traders", "postgres")


@pytest.mark.soak
def test_nothing_is_lost_however_often_processes_are_killed(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", time.time()))
    chance = Random(seed)
    demo = Demo(tmp_path / "var", free_port())
    killed: dict[str, int] = dict.fromkeys(VICTIMS, 0)
    try:
        demo.wait_until_it_answers()
        deadline = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "10"))
        while time.monotonic() < deadline:
            time.sleep(chance.uniform(0.5, 8))
            name = chance.choice(VICTIMS)
            for process in processes_of(demo, name):
                process.kill()
                killed[name] += 1
    finally:
        code = demo.stop()
    assert code == 0, demo.said()
    verified = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "SUANSHI_VAR": str(demo.var_dir)},
        capture_output=True,
        text=True,
    )
    report = f"SOAK_SEED={seed}, killed {killed}\n{verified.stdout}{verified.stderr}"
    assert verified.returncode == 0, report
    sys.stdout.write(report)


def processes_of(demo: Demo, name: str) -> list[psutil.Process]:
    """The demo's processes with `name` in their command, the postmaster alone of PostgreSQL's."""
    found = []
    for process in demo.family():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if any(name in part for part in command[:6]) and (name != "postgres" or str(demo.var_dir) in " ".join(command)):
            found.append(process)
    return found
