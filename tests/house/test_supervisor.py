"""Processes are started, restarted when they die, and gone when the supervisor is, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from django.conf import settings

from marketplace.embedded.supervisor import Program, Supervisor

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)
PARENT = (
    sys.executable,
    "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)",
)


def supervisor(tmp_path: Path, *programs: Program) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    return Supervisor(programs, log_dir=tmp_path, environment=os.environ, say=said.append), said


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_died_program_is_started_again_and_the_terminal_says_so(tmp_path: Path) -> None:
    boss, said = supervisor(tmp_path, Program("sleeper", SLEEPER))
    (child,) = boss.children
    child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    def has_come_back() -> bool:
        boss.tend()
        return child.pid not in (None, first)

    wait_for(has_come_back)
    boss.stop()
    assert said == [f"sleeper ended (signal SIGKILL); starting it again in 1 s. See {tmp_path / 'sleeper.log'}"]
    assert child.pid is None


def test_one_that_does_not_listen_is_killed_with_its_children(tmp_path: Path) -> None:
    boss, said = supervisor(tmp_path, Program("deaf", DEAF, stop_seconds=0.3), Program("parent", PARENT))
    for child in boss.children:
        child.start()
    deaf, parent = (child.pid for child in boss.children)
    assert deaf is not None
    assert parent is not None
    wait_for(lambda: "up" in (tmp_path / "deaf.log").read_text())
    wait_for(lambda: psutil.Process(parent).children())
    grandchild = psutil.Process(parent).children()[0].pid
    boss.stop()
    assert not any(alive(pid) for pid in (deaf, parent, grandchild))
    assert said == ["deaf did not stop in 0.3 s and was killed."]


def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from marketplace.embedded.supervisor import Program, Supervisor\n"
        "command = (sys.executable, '-c', 'import time; time.sleep(600)')\n"
        "boss = Supervisor([Program('sleeper', command)], log_dir=Path(sys.argv[1]), environment=os.environ, say=print)\n"
        "boss.start()\n"
        "print(boss.children[0].pid, flush=True)\n"
        "boss.run()\n"
    )
    boss = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert boss.stdout is not None
    child = int(boss.stdout.readline())
    wait_for(lambda: "tied_process" not in " ".join(psutil.Process(child).cmdline()))  # it has become the command
    boss.kill()
    boss.communicate()
    wait_for(lambda: not alive(child))
