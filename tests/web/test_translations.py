"""Every sentence has its Chinese, and keeps the numbers that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

CATALOGUES = sorted(Path(settings.BASE_DIR).glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-5])
def test_every_sentence_is_translated(path: Path) -> None:
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale="zh_Hans") if message.id]
    for message in messages:
        source = message.id if isinstance(message.id, str) else message.id[-1]
        chinese = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
        assert chinese, f"{path.parts[-5]}: no Chinese for {source!r}"
        assert not message.fuzzy, f"{path.parts[-5]}: fuzzy: {source!r}"
        assert placeholders(chinese) <= placeholders(source), source


def test_no_sentence_of_the_templates_is_missing_from_the_catalogue() -> None:
    with CATALOGUES[[path.parts[-5] for path in CATALOGUES].index("marketplace")].open("rb") as file:
        known = {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file)}
    for path in TEMPLATES:
        for _quote, text in re.findall(r"""\{%\s*trans\s+(["'])(.+?)\1""", path.read_text(encoding="utf-8")):
            assert text.replace("%", "%%") in known or text in known, f"{path.name}: {text!r} is not in the catalogue"
