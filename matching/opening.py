"""Opening a market, and changing those of its terms that may change while it trades."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from matching.changes import fields_of, record_change
from matching.engine.bounds import PRICE_FEN_MAX, QUANTITY_MAX
from matching.halts import check_reason
from matching.linking import link_markets
from matching.models import ComputeClass, Hub, Market
from matching.models.market import LINK_GROUP_DEFAULT
from matching.refusal import Refusal

HORIZON_HOURS_MAX = 24 * 366
LEAD_HOURS_MAX = 24 * 7
OPEN_BLOCKS_MAX = 100_000
BREAKER_BPS_MAX = 100_000
MINUTES_MAX = 24 * 60


class UnableToOpenMarket(Refusal):
    """Why a market is not opened, or its terms stay."""

    code = "unable_to_open_market"


class MarketExists(UnableToOpenMarket):
    code = "market_exists"
    field = "hub"
    sentence = _("%(market)s is open already. Choose another class or hub.")


class TermOutOfBounds(UnableToOpenMarket):
    code = "term_out_of_bounds"
    sentence = _("Enter %(low)s to %(high)s.")


class HorizonNotAfterLead(UnableToOpenMarket):
    code = "horizon_not_after_lead"
    field = "horizon_hours"
    sentence = _("Orders must reach further ahead than the gate: more than %(lead)s hours.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangingTerms:
    """What an operator may change while a market trades; a null `breaker_bps` is no breaker."""

    horizon_hours: int = 24 * 60
    open_blocks_max: int = 1000
    breaker_bps: int | None = 5_000
    breaker_minutes: int = 5
    breaker_halt_minutes: int = 5
    breaker_collect_minutes: int = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedTerms:
    """What orders rely on, so it is said once: a market's lot and tick, and how long before its hour the gate closes."""

    lot: int = 1
    tick_fen: int = 1
    lead_hours: int = 0


BOUNDS = {
    "lot": (1, QUANTITY_MAX),
    "tick_fen": (1, PRICE_FEN_MAX),
    "lead_hours": (0, LEAD_HOURS_MAX),
    "horizon_hours": (1, HORIZON_HOURS_MAX),
    "open_blocks_max": (1, OPEN_BLOCKS_MAX),
    "breaker_bps": (1, BREAKER_BPS_MAX),
    "breaker_minutes": (1, MINUTES_MAX),
    "breaker_halt_minutes": (1, MINUTES_MAX),
    "breaker_collect_minutes": (1, MINUTES_MAX),
}


@transaction.atomic
def open_market(
    *,
    compute_class: ComputeClass,
    hub: Hub,
    fixed: FixedTerms,
    changing: ChangingTerms,
    by: str,
    now: datetime,
    link_group: str = LINK_GROUP_DEFAULT,
) -> Market:
    """Open the market of a class in a hub; its group's matcher takes it up at once.

    Raises TermOutOfBounds, HorizonNotAfterLead, MarketExists.
    """
    check_terms({**asdict(fixed), **asdict(changing)}, lead_hours=fixed.lead_hours)
    symbol = f"{compute_class.slug}.{hub.slug}"
    try:
        with transaction.atomic():
            market = Market.objects.create(
                symbol=symbol,
                compute_class=compute_class,
                hub=hub,
                link_group=link_group,
                **asdict(fixed),
                **asdict(changing),
            )
    except IntegrityError:
        raise MarketExists(market=symbol) from None
    link_markets(symbols=[symbol], link_group=link_group)  # whoever plays the group loads it anew, with this market
    after = {**asdict(fixed), **asdict(changing), "link_group": link_group}
    record_change(who=by, what="market.open", on=market, now=now, after=after)
    return market


@transaction.atomic
def change_terms(*, market_id: int, changing: ChangingTerms, by: str, reason: str, now: datetime) -> Market:
    """Change a market's terms, for orders and trades from now on; raises ReasonRequired, TermOutOfBounds, HorizonNotAfterLead."""
    check_reason(reason)
    market = Market.objects.select_for_update(no_key=True).get(pk=market_id)
    terms = asdict(changing)
    check_terms(terms, lead_hours=market.lead_hours)
    before = fields_of(market, terms)
    for name, value in terms.items():
        setattr(market, name, value)
    market.save(update_fields=list(terms))
    record_change(who=by, what="market.change", on=market, now=now, before=before, after=terms, why=reason)
    return market


def check_terms(terms: dict[str, int | None], *, lead_hours: int) -> None:
    """Raise TermOutOfBounds or HorizonNotAfterLead for the first term that cannot be."""
    for name, value in terms.items():
        low, high = BOUNDS[name]
        if value is None and name == "breaker_bps":
            continue
        if value is None or not low <= value <= high:
            raise TermOutOfBounds(field=name, low=low, high=high)
    horizon = terms["horizon_hours"]
    if horizon is None or horizon <= lead_hours:
        raise HorizonNotAfterLead(lead=lead_hours)
