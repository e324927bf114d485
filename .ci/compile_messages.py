"""Compile every django.po of the houses to django.mo with Babel; a fresh machine has no msgfmt.

Not `pybabel compile`: its check takes a Chinese plural that names the count for an error where the English singular
does not. tests/house/test_messages.py checks what must hold.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

BASE_DIR = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write each .mo beside its .po."""
    for source in BASE_DIR.glob("*/locale/*/LC_MESSAGES/*.po"):
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parent.parent.name)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)


if __name__ == "__main__":
    main()
