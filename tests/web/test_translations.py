"""Every sentence has its Chinese, and keeps the numbers that it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.admin import site
from django.utils.translation.template import templatize

from billing.models import Version
from billing.reports.words import WORDS
from marketplace.admin import RecordedAdmin
from marketplace.offers.models import StandingOffer

CATALOGUES = sorted(Path(settings.BASE_DIR).glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))


STRING = r"""(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""

TRANSLATE = {
    "_": 0,
    "gettext": 0,
    "gettext_lazy": 0,
    "ngettext": 0,
    "ngettext_lazy": 0,
    "pgettext": 1,
    "pgettext_lazy": 1,
}
"""Functions that translate, with the place of the text among their arguments."""


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


def known_messages() -> set[str]:
    """What the catalogues have, of all houses together; of a plural its singular."""
    known = set()
    for path in CATALOGUES:
        with path.open("rb") as file:
            known |= {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file)}
    return known


def test_no_sentence_of_the_templates_is_missing_from_the_catalogue() -> None:
    known = known_messages()
    for path in TEMPLATES:
        code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        for call in re.finditer(rf"\b(?:_|n?gettext)\(u?({STRING})|\bn?pgettext\(u?{STRING}, u?({STRING})", code):
            text = ast.literal_eval(call[1] or call[2])
            assert text in known, f"{path.name}: {text!r} is not in the catalogue"


@pytest.mark.parametrize("house", ["marketplace", "billing", "matching"])
def test_no_sentence_of_the_code_is_missing_from_the_catalogue(house: str) -> None:
    known = known_messages()
    for path in sorted((Path(settings.BASE_DIR) / house).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TRANSLATE:
                text = call.args[TRANSLATE[call.func.id]]
                if isinstance(text, ast.Constant):
                    assert text.value in known, f"{path}: {text.value!r} is not in the catalogue"


def recorded_codes() -> set[str]:
    """What changes are recorded as: the constants of the modules that record any, and what they make of models and states."""
    codes = {
        f"{model._meta.model_name}.{verb}"
        for models, verbs in (
            (Version.__subclasses__(), ("propose", "approve", "reject")),
            (
                [model for model, options in site._registry.items() if isinstance(options, RecordedAdmin)],
                ("add", "change"),
            ),
        )
        for model in models
        for verb in verbs
    }
    codes |= {f"standing_offer.{state}" for state in StandingOffer.State}
    codes |= {f"voucher_programme.{verb}" for verb in ("create", "activate", "end", "sponsor")}
    codes |= {f"site_profile.{verb}" for verb in ("submit", "recall", "approve", "refuse")}
    codes |= {f"payout_batch.{verb}" for verb in ("approve", "send", "drop")}
    for house in ("marketplace", "billing", "matching"):
        for path in (Path(settings.BASE_DIR) / house).rglob("*.py"):
            if "record_change(" in (text := path.read_text(encoding="utf-8")):
                codes |= set(re.findall(r'"((?!billing\.)[a-z_]+\.[a-z_]+)"', text))
    return codes


def test_every_change_in_the_audit_trail_has_words() -> None:
    codes = recorded_codes()
    assert len(codes) > 60
    assert codes <= WORDS.keys(), sorted(codes - WORDS.keys())
