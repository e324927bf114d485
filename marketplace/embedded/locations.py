"""Where an embedded server keeps its files, worked out without starting anything."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

# sun_path holds 108 bytes with its closing zero, and PostgreSQL names its socket `.s.PGSQL.5432`.
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES_MAX = 103  # macOS; Linux has 107

DATABASE_NAME = "suanshi"
DATABASE_USER = "suanshi"


def socket_dir(data_dir: Path) -> Path:
    """Say where the server of `data_dir` puts its socket.

    In the data folder itself, which only its owner can enter. A path too long for a unix socket is replaced by a
    folder under the system's temporary one, named by a hash of the data folder, so that every process finds the same.
    """
    data_dir = data_dir.resolve()
    if len(os.fsencode(data_dir / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        return data_dir
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"suanshi-{digest}"


def database_url(data_dir: Path, database: str = DATABASE_NAME) -> str:
    """Give the URL under which the embedded server of `data_dir` answers."""
    return f"postgresql://{DATABASE_USER}@/{database}?host={socket_dir(data_dir)}"
