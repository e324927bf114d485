"""The keys that sign sessions and seal access details on a machine whose environment sets none."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def own_secret_key(path: Path) -> str:
    """Read the key in `path`, creating it at the first call, readable by its owner alone.

    Raises ImproperlyConfigured when the file cannot be read or written.
    """
    return _own(path, lambda: secrets.token_urlsafe(50))


def own_fernet_key(path: Path) -> str:
    """Read the key in `path` that seals what is secret in the database, creating it at the first call; raises as own_secret_key.

    Whoever loses the file loses what it sealed: deployments set ACCESS_KEYS.
    """
    return _own(path, lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def _own(path: Path, make: Callable[[], str]) -> str:
    try:
        if not path.exists():
            _create(path, make())
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot use {path}: {error.strerror}. The folder was probably made by another OS user; "
            "run as that user, or set SUANSHI_VAR to a folder of your own."
        ) from error


def _create(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(key, encoding="ascii")
    try:
        # A link appears whole or not at all, and the first of several processes wins.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
