"""The keys under which access details lie in the database: from the environment, or one of this machine's own."""

from __future__ import annotations

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class AccessKeyMissing(Exception):
    """None of the keys opens what is stored: the one that sealed it was taken out of ACCESS_KEYS."""


def seal(text: str) -> bytes:
    """Encrypt under the first key."""
    return _keys(tuple(settings.ACCESS_KEYS)).encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """Decrypt with whichever key fits; raises AccessKeyMissing."""
    try:
        return _keys(tuple(settings.ACCESS_KEYS)).decrypt(sealed).decode()
    except InvalidToken as error:
        raise AccessKeyMissing(
            "No key of ACCESS_KEYS opens these access details. Add the one they were sealed with."
        ) from error


@cache
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])
