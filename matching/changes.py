"""The audit trail: every change that a person makes is one row, written in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from matching.models import Change

_by_key = ContextVar("by_key", default="")


@contextmanager
def no_key_yet() -> Iterator[None]:
    """Forget afterwards which key `name_key` has named within."""
    before = _by_key.set("")
    try:
        yield
    finally:
        _by_key.reset(before)


def name_key(key: str) -> None:
    """Say that a program asks for what follows, by the key of this name; each change that is recorded says so too."""
    _by_key.set(key)


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that is no row of a table, such as an export: `kind` as `billing.books`, `id` and `name` for people."""

    kind: str
    id: str
    name: str


def record_change(
    *,
    who: str,
    what: str,
    on: models.Model | Thing,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    participant_id: int | None = None,
    why: str = "",
) -> Change:
    """Note in the caller's transaction that `who` (an e-mail) did `what` (`payout_batch.approve`) to `on`.

    `before` and `after` are the fields that it concerns (see `fields_of`), with values that JSON can hold, dates, times or
    decimals; those that are the same on both sides are left out. `participant_id` is whom it concerns.
    """
    old, new = dict(before or {}), dict(after or {})
    same = {name for name in old.keys() & new.keys() if old[name] == new[name]}
    thing = on if isinstance(on, Thing) else Thing(on._meta.label_lower, str(on.pk), str(on))
    return Change.objects.create(
        at=now,
        who=who,
        by_key=_by_key.get(),
        what=what,
        object_kind=thing.kind,
        object_id=thing.id,
        object_name=thing.name[:200],
        participant_id=participant_id,
        why=why[:500],
        before={name: value for name, value in old.items() if name not in same},
        after={name: value for name, value in new.items() if name not in same},
    )


def fields_of(instance: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return these attributes of a row for `before` or `after`; a reference by its id (`market_id`)."""
    return {name: getattr(instance, name) for name in names}
