"""The embedded broker hands over every message whole, however close its reader is behind the writer."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.connection import Connection

from marketplace.celery import app

MESSAGES = 400


def test_the_app_uses_it() -> None:
    with app.connection_for_write() as connection:
        assert connection.transport_cls == "filesystem"
        assert type(connection.transport).__module__ == "marketplace.embedded.broker"


def test_no_reader_sees_half_a_message(tmp_path: Path) -> None:
    for folder in ("messages", "control"):
        (tmp_path / folder).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }

    def connect() -> Any:
        return Connection("filesystem://localhost", transport_options=options)  # type: ignore[no-untyped-call]

    def write() -> None:
        with connect() as connection:
            queue = connection.SimpleBuffer("work")
            for number in range(MESSAGES):
                queue.put({"number": number, "padding": "x" * 20_000})

    writer = threading.Thread(target=write)
    numbers: list[int] = []
    with connect() as connection:
        queue = connection.SimpleBuffer("work")
        writer.start()
        while len(numbers) < MESSAGES:
            try:
                message = queue.get(timeout=5)
            except Empty:
                break
            numbers.append(message.payload["number"])
    writer.join()
    assert sorted(numbers) == list(range(MESSAGES))
