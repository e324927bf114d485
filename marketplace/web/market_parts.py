"""Parts of pages that are the same for everybody who reads their language: rendered once for each state of the markets.

A state is what one statement reads: how many commands and public events all markets have had, and which offers and sites there
are; beside it the five minutes of the clock, in which averages over candles and closed gates change. As long as nothing has happened a part is
taken as it was rendered. When something has, the first visitor renders it anew; who comes meanwhile gets the part before it, if
that stood until a second ago. Names that an operator edits show within a minute.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

PARTS_MAX = 256
BEHIND_S_MAX = 1.0
KEPT_S_MAX = 60.0
SLOT_S = 300

STATE = """
    SELECT (SELECT coalesce(sum(number), 0) FROM matching_eventnumber), count(*), sum(sequence), sum(closed_until), max(id),
           (SELECT max(id) FROM offers_offer), (SELECT max(id) FROM matching_site)
    FROM matching_market
"""


@dataclass(slots=True)
class _Part:
    """One part as it was rendered last; `state` None before the first time."""

    state: Hashable = None
    html: SafeString = field(default_factory=SafeString)
    rendered_at: float = 0.0
    seen_at: float = 0.0  # when it was last found to be current
    rendering: threading.Lock = field(default_factory=threading.Lock)


_parts: OrderedDict[Hashable, _Part] = OrderedDict()
_parts_lock = threading.Lock()


def market_part(
    request: HttpRequest, template: str, build: Callable[[], dict[str, Any]], *, now: datetime
) -> SafeString:
    """Render `template` with what `build` returns and the request's address alone, or return it as it was rendered before."""
    state = (_state_of_markets(), int(now.timestamp()) // SLOT_S)
    part = _part_of(
        (template, request.path, request.GET.urlencode(), get_language(), timezone.get_current_timezone_name())
    )
    if _is_current(part, state):
        part.seen_at = monotonic()
        return part.html
    asked_at = monotonic()
    if not part.rendering.acquire(blocking=asked_at - part.seen_at > BEHIND_S_MAX):
        return part.html  # another visitor renders the new one
    try:
        if part.rendered_at <= asked_at:  # nobody has while this one waited
            part.rendered_at = monotonic()
            part.html = mark_safe(render_to_string(template, {**build(), "request": request}))
            part.state, part.seen_at = state, monotonic()
        return part.html
    finally:
        part.rendering.release()


def _is_current(part: _Part, state: Hashable) -> bool:
    return part.state == state and monotonic() - part.rendered_at < KEPT_S_MAX


def _part_of(key: Hashable) -> _Part:
    with _parts_lock:
        part = _parts.setdefault(key, _Part())
        _parts.move_to_end(key)
        while len(_parts) > PARTS_MAX:
            _parts.popitem(last=False)
        return part


def _state_of_markets() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        return tuple(cursor.fetchone())
