"""The key that signs sessions on a machine whose environment sets none."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def own_secret_key(path: Path) -> str:
    """Read the key in `path`, creating it at the first call, readable by its owner alone.

    Raises ImproperlyConfigured when the file cannot be read or written.
    """
    try:
        if not path.exists():
            _create(path)
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot use {path}: {error.strerror}. The folder was probably made by another OS user; "
            "run as that user, or set SUANSHI_VAR to a folder of your own."
        ) from error


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(50), encoding="ascii")
    try:
        # A link appears whole or not at all, and the first of several processes wins.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
