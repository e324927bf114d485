"""kombu's filesystem broker, with messages that appear whole.

kombu opens a message in the folder that consumers list and writes it afterwards; a worker that reads in between gets an
empty message and ends. Here a message is written under a name that no queue has and renamed.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Puts messages atomically; everything else is kombu's."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        hidden = folder / f".{name}"
        hidden.write_text(dumps(payload), encoding="utf-8")  # type: ignore[no-untyped-call]
        hidden.replace(folder / name)


class Transport(filesystem.Transport):
    """What a `filesystem://` URL means here."""

    Channel = Channel


def use_whole_messages() -> None:
    """Let `filesystem://` URLs use this transport; call before the first connection."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
