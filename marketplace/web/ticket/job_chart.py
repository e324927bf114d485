"""What `<job-chart>` draws: the job's hours by price, the rest of its window, its average and its limit."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from marketplace.web.ruler import ruler
from marketplace.web.templatetags.hours import hour_text
from marketplace.web.ticket.outcome import Outcome
from matching.book import price_curve

MINE, ABOVE_LIMIT, OTHER = 0, 1, 2


def job_chart(outcome: Outcome) -> dict[str, Any]:
    """Prices in yuan by hour of the window; `rows` has the same for the table."""
    request = outcome.request
    curve = price_curve(market_id=outcome.market.pk, start=request.start, end=request.end)
    own = outcome.price_by_hour()
    limit_fen = outcome.limit_fen if outcome.job.limit_fen is not None else None
    rows = []
    for point in curve:
        fen = own.get(point.hour)
        if fen is None:
            rows.append((point.hour, point.best_ask_fen, OTHER))
        else:
            rows.append((point.hour, round(fen), ABOVE_LIMIT if limit_fen is not None and fen > limit_fen else MINE))
    hours = [hour for hour, _fen, kind in rows if kind != OTHER]
    return {
        "first": request.start,
        "ticks": [[tick.clock, tick.day if tick.is_midnight else ""] for tick in ruler(request.start, len(curve))],
        "times": [hour_text(hour) for hour, _fen, _kind in rows],
        "prices": [None if fen is None else fen / 100 for _hour, fen, _kind in rows],
        "kinds": [kind for _hour, _fen, kind in rows],
        "average": None if outcome.average_fen is None else outcome.average_fen / 100,
        "limit": None if limit_fen is None else limit_fen / 100,
        "from": hours[0] - request.start if hours else None,
        "to": hours[-1] - request.start if hours else None,
        "rows": rows,
        "has_above": any(kind == ABOVE_LIMIT for *_rest, kind in rows),
        "has_other": any(kind == OTHER for *_rest, kind in rows),
        "words": {
            "average": _("average"),
            "limit": _("limit"),
            "price": _("price"),
            "ask": _("best ask"),
            "none": _("nothing listed"),
        },
    }
