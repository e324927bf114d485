"""The embedded server, driven by processes as people drive it: started, shared, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from marketplace.embedded import locations
from marketplace.embedded.postgres import EmbeddedPostgres, EmbeddedPostgresFailed

HOLD = """
import sys, time
from pathlib import Path
from marketplace.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.attach()
print("attached", flush=True)
if sys.argv[2:] == ["wait"]:
    sys.stdin.read()
"""


class Holder:
    """A process that holds the server until told to leave."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(data_dir), "wait"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "attached\n"

    def leave(self) -> None:
        """End as a program ends."""
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests of this module: making a cluster takes seconds."""
    return tmp_path_factory.mktemp("embedded") / "postgres"


@pytest.fixture
def data_dir(shared_dir: Path) -> Iterator[Path]:
    """The folder of a server, which must be gone at the end."""
    folder = shared_dir
    yield folder
    assert not EmbeddedPostgres(folder).is_running()
    assert server_processes(folder) == []


def server_processes(data_dir: Path) -> list[int]:
    """Process ids of postmasters over `data_dir`."""
    found = []
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        command = process.info["cmdline"] or []
        if (
            process.info["name"] == "postgres"
            and str(data_dir) in command
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ):
            found.append(process.pid)
    return found


def query(data_dir: Path, statement: str) -> object:
    """Run one statement as a client would."""
    with psycopg.connect(locations.database_url(data_dir), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def test_many_at_once_start_one_server(data_dir: Path) -> None:
    commands = [
        subprocess.Popen([sys.executable, "-c", HOLD, str(data_dir)], cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
        for _ in range(6)
    ]
    assert [command.wait(120) for command in commands] == [0] * 6


def test_the_last_one_out_stops_the_server_and_the_data_stays(data_dir: Path) -> None:
    first = Holder(data_dir)
    second = Holder(data_dir)
    query(data_dir, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    assert query(data_dir, "SHOW synchronous_commit") == "on"
    assert query(data_dir, "SHOW fsync") == "on"

    first.leave()
    assert query(data_dir, "SELECT answer FROM kept") == 42, "somebody still uses it"
    second.leave()
    assert not EmbeddedPostgres(data_dir).is_running()

    third = Holder(data_dir)
    assert query(data_dir, "SELECT answer FROM kept") == 42
    third.leave()


def test_a_killed_user_leaves_a_server_that_the_next_one_stops(data_dir: Path) -> None:
    killed = Holder(data_dir)
    killed.process.kill()
    killed.process.communicate()
    assert EmbeddedPostgres(data_dir).is_running()

    Holder(data_dir).leave()
    assert not EmbeddedPostgres(data_dir).is_running()


def test_a_killed_server_recovers_at_the_next_start(data_dir: Path) -> None:
    holder = Holder(data_dir)
    query(data_dir, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    os.kill(int((data_dir / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while server_processes(data_dir) and time.monotonic() < deadline:
        time.sleep(0.05)
    holder.leave()

    again = Holder(data_dir)
    assert query(data_dir, "SELECT answer FROM kept") == 42
    again.leave()


def test_a_path_too_long_for_a_socket_works(tmp_path_factory: pytest.TempPathFactory) -> None:
    data_dir = tmp_path_factory.mktemp("embedded") / ("long" * 30) / "postgres"
    holder = Holder(data_dir)
    assert len(str(locations.socket_dir(data_dir))) < 100
    assert query(data_dir, "SELECT 1") == 1
    holder.leave()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedPostgresFailed, match="is not empty and holds no database"):
        EmbeddedPostgres(tmp_path / "postgres").attach()
    assert [path.name for path in (tmp_path / "postgres").iterdir()] == ["letter.txt"]
