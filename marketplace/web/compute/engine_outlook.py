"""Why a waiting block has not filled, asked of the engine itself: the site, the average, the hours that are short."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.web.compute.order_outlook import halt_outlook
from marketplace.web.templatetags.hours import hour_text
from marketplace.web.templatetags.names import named
from marketplace.web.templatetags.numbers import money
from matching.engine.dtypes import Kind, Side, TimeInForce
from matching.halted import halts_by_market
from matching.models import Order, Site
from matching.preview import preview_order
from matching.rules import OrderRequest
from matching.why_not import WhyNot


def engine_outlook(order: Order, *, now: datetime) -> str:
    """A sentence for an open block bid that has a limit; or for any that a halt keeps from trading; empty for every other order."""
    if halted := halt_outlook(order, halts_by_market([order.market_id])):
        return halted
    if order.state != Order.State.OPEN or order.kind != Kind.BLOCK or order.side != Side.BID or not order.price_fen:
        return ""
    if order.executed_alternative:
        return ""  # what is left of it waits in another market or window
    why_not = preview_order(request=_as_new(order), now=now).why_not
    if why_not is None:
        return ""
    site = Site.objects.filter(pk=why_not.site_id).first() if why_not.site_id else None
    if why_not.best_average_fen is not None:
        values = {
            "where": named(site) if site else _("The market"),
            "average": money(why_not.best_average_fen),
            "limit": money(order.price_fen),
        }
        return (
            _("%(where)s averages %(average)s at best; your limit is %(limit)s. At %(average)s it would fill.") % values
        )
    return _shortage(why_not, site)


def _shortage(why_not: WhyNot, site: Site | None) -> str:
    if not why_not.lacks:
        return ""
    worst = min(why_not.lacks, key=lambda lack: (lack.available, lack.hour))
    values = {
        "where": named(site) if site else _("The market"),
        "hours": len(why_not.lacks),
        "from": hour_text(worst.hour),
        "few": worst.available,
        "need": worst.needed,
    }
    sentence = (
        ngettext(
            "%(where)s comes closest and is %(hours)s hour short: at %(from)s it has %(few)s of %(need)s accelerators.",
            "%(where)s comes closest and is %(hours)s hours short: at %(from)s it has as few as %(few)s of %(need)s accelerators.",
            len(why_not.lacks),
        )
        % values
    )
    if not why_not.fits_any_site:
        return sentence
    elsewhere = _("Across sites there is enough.")  # inside the braces of an f-string nobody would collect it
    return f"{sentence} {elsewhere}"


def _as_new(order: Order) -> OrderRequest:
    """What is open of the block, as if it arrived now."""
    return OrderRequest(
        participant_id=order.participant_id,
        market_id=order.market_id,
        side=Side(order.side),
        kind=Kind.BLOCK,
        start=order.start,
        hours=order.hours,
        quantity=order.open[0],
        price_fen=order.price_fen,
        time_in_force=TimeInForce.GTC,
        start_flexibility=order.start_flexibility,
        one_site=order.one_site,
    )


def ticket_query(order: Order) -> str:
    """The ticket's address of the same job at the best price now."""
    return urlencode(
        {
            "market": order.market.symbol,
            "kind": "job" if order.kind == Kind.BLOCK else "hourly",
            "accelerators": order.quantity,
            "hours": order.hours,
            "start": order.start,
            "flexibility": order.start_flexibility,
            "placement": "one_site" if order.one_site else "any_site",
            "price": "best",
        }
    )
