"""Errors whose text is a sentence for the person who acts, and how such a sentence shows its values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _


class Refusal(Exception):
    """Why something is not done: `code` is stable, `field` names the input at fault, the text says what to do."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str | Promise] = ""
    field: str | None = None
    place: int | None = None  # which of an order's alternatives it speaks of

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        super().__init__()
        self.values = values
        if field is not None:
            self.field = field

    def of_alternative(self, place: int) -> Self:
        """Say it of one of an order's alternatives, by its number from 1."""
        self.place = place
        self.field = f"alternatives.{place - 1}.{self.field}" if self.field else f"alternatives.{place - 1}"
        return self

    def __str__(self) -> str:
        sentence = str(self.sentence) % {name: shown(value) for name, value in self.values.items()}
        if self.place is None:
            return sentence
        return _("Alternative %(place)s: %(sentence)s") % {"place": self.place, "sentence": sentence}


@dataclass(frozen=True, slots=True)
class Fen:
    """An amount that a sentence shows in yuan."""

    fen: int


def moment_text(moment: datetime) -> str:
    """Write a moment in the active time zone, which it names: `2026-03-02 18:00 UTC+8`."""
    there = timezone.localtime(moment)
    hours, minutes = divmod(int((there.utcoffset() or timedelta()).total_seconds()) // 60, 60)
    offset = f"{hours:+d}" + (f":{minutes:02}" if minutes else "") if hours or minutes else ""
    return f"{there:%Y-%m-%d %H:%M} UTC{offset}"


def shown(value: object) -> object:
    """Return a value as a sentence shows it."""
    if isinstance(value, Fen):
        return f"¥{value.fen // 100:,}.{value.fen % 100:02}"
    if isinstance(value, datetime):
        return moment_text(value)
    return f"{value:,}" if type(value) is int else value
