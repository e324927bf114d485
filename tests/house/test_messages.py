"""Chinese and English are equals: every string that a person may see is translated, with the same values in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings

PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[sd]")
PO_FILES = sorted(Path(settings.BASE_DIR).glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))


def catalog_of(path: Path) -> Catalog:
    """Read one file of translations."""
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def strings(value: object) -> list[str]:
    """One string, or all forms of a plural."""
    return [value] if isinstance(value, str) else [str(form) for form in value]  # type: ignore[attr-defined]


def messages(path: Path) -> Iterator[Message]:
    """Every message in use; the header is none."""
    return (message for message in catalog_of(path) if message.id)


def test_every_house_that_speaks_has_translations() -> None:
    assert [path.relative_to(settings.BASE_DIR).parts[0] for path in PO_FILES] == ["billing", "marketplace", "matching"]


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.parts[-5])
def test_all_is_translated(path: Path) -> None:
    missing = [strings(message.id)[0] for message in messages(path) if not all(strings(message.string))]
    unsure = [strings(message.id)[0] for message in messages(path) if message.fuzzy]
    assert (missing, unsure) == ([], [])


@pytest.mark.parametrize("path", PO_FILES, ids=lambda path: path.parts[-5])
def test_a_translation_names_no_value_that_is_not_given(path: Path) -> None:
    wrong = [
        text
        for message in messages(path)
        for text in strings(message.string)
        if not placeholders([text]) <= placeholders(strings(message.id))
    ]
    assert wrong == []


def placeholders(texts: list[str]) -> set[str]:
    """The names of the values in any of the texts."""
    return {match[0] for text in texts for match in PLACEHOLDER.finditer(text)}
