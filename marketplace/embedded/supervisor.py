"""Starts the processes of one machine, restarts those that die, and stops all of them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RESTART_SECONDS = (0.5, 1, 2, 5, 10)
STEADY_SECONDS = 30  # a process that lived this long has recovered
POLL_SECONDS = 0.2
LOG_BYTES_MAX = 20_000_000  # beyond it a start begins a new file and keeps one old


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep running: a name for people, its command, how long it may take to stop, and the open files that it is given."""

    name: str
    command: Sequence[str]
    stop_seconds: float = 10.0
    files: Sequence[int] = ()


class Supervised:
    """One running program."""

    def __init__(self, program: Program, log_dir: Path, environment: Mapping[str, str]) -> None:
        """Describe the program; `start` runs it with its output appended to `log_dir`/name.log."""
        self.program = program
        self.log_path = log_dir / f"{program.name}.log"
        self.restart_at: float | None = None
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._asked_at = 0.0
        self._failures = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Run the program in a session of its own, where a Ctrl-C on the terminal does not reach it."""
        command = [sys.executable, "-m", "marketplace.embedded.tied_process", *self.program.command]
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_BYTES_MAX:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self._environment),
                start_new_session=True,
                pass_fds=self.program.files,
            )
        self._started_at = time.monotonic()
        self.restart_at = None

    def exit_code(self) -> int | None:
        """Give the exit code of a program that ended and waits for no restart yet."""
        if self._process is None or self.restart_at is not None:
            return None
        return self._process.poll()

    def plan_restart(self) -> float:
        """Choose when to start again, later at each failure in a row; returns the seconds until then."""
        steady = time.monotonic() - self._started_at > STEADY_SECONDS
        self._failures = 0 if steady else self._failures + 1
        delay = RESTART_SECONDS[min(self._failures, len(RESTART_SECONDS) - 1)]
        self.restart_at = time.monotonic() + delay
        return delay

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._asked_at = time.monotonic()

    def finish(self) -> bool:
        """Wait for the end, and kill the whole session if it takes too long; True when it had to be killed."""
        if self._process is None:
            return False
        killed = False
        try:
            self._process.wait(max(0.0, self._asked_at + self.program.stop_seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            killed = True
        self._kill_session(self._process.pid)
        self._process.wait()
        return killed

    @staticmethod
    def _kill_session(pid: int) -> None:
        """Kill what is left of the program's process group, its own children included."""
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


class Supervisor:
    """Runs programs until told to stop; later programs are stopped before earlier ones."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        log_dir: Path,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        look_after: Callable[[], None] = lambda: None,
    ) -> None:
        """Describe the programs; `say` takes each line for the person at the terminal, `look_after` is called at every round."""
        log_dir.mkdir(parents=True, exist_ok=True)
        self.children = [Supervised(program, log_dir, environment) for program in programs]
        self.stopping = False
        self._say = say
        self._look_after = look_after

    def start(self) -> None:
        """Start every program, and take SIGINT and SIGTERM as the wish to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._wish_to_stop)
        for child in self.children:
            child.start()

    def tend(self) -> None:
        """Restart what died; call it every POLL_SECONDS or so."""
        self._look_after()
        for child in self.children:
            code = child.exit_code()
            if code is not None:
                delay = child.plan_restart()
                how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
                self._say(f"{child.program.name} ended ({how}); starting it again in {delay:g} s. See {child.log_path}")
            elif child.restart_at is not None and time.monotonic() >= child.restart_at:
                child.start()

    def run(self) -> None:
        """Tend the programs until somebody wishes to stop, then stop them."""
        while not self.stopping:
            self.tend()
            time.sleep(POLL_SECONDS)
        self.stop()

    def stop(self) -> None:
        """Ask every program to stop, the last started first, and wait for all; none needs another to stop well."""
        for child in reversed(self.children):
            child.ask_to_stop()
        for child in reversed(self.children):
            if child.finish():
                self._say(f"{child.program.name} did not stop in {child.program.stop_seconds:g} s and was killed.")

    def _wish_to_stop(self, number: int, frame: object) -> None:
        self.stopping = True
