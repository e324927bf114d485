"""Price curves: named prices by hour of the week, kept on the market's tick."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.period import HOURS_A_PERIOD
from marketplace.offers.models import PriceCurve, StandingOffer
from marketplace.offers.refusal import NotYours, UnableToOffer
from matching.changes import fields_of, record_change
from matching.models import Site
from matching.refusal import Fen
from matching.rules import limit_faults

NAME_LENGTH_MAX = 60


class CurveNotAWeek(UnableToOffer):
    code = "curve_not_a_week"
    field = "prices_fen"
    sentence = _("A curve has a price for each of the 168 hours of a week; this one has %(count)s.")


class CurvePriceRefused(UnableToOffer):
    code = "curve_price_refused"
    field = "prices_fen"
    sentence = _("%(price)s in hour %(hour)s of the week: %(why)s")


class CurveNameTaken(UnableToOffer):
    code = "curve_name_taken"
    field = "name"
    sentence = _("The site has a curve of this name already. Choose another name.")


class CurveNameMissing(UnableToOffer):
    code = "curve_name_missing"
    field = "name"
    sentence = _("Give the curve a name, up to 60 characters.")


class CurveInUse(UnableToOffer):
    code = "curve_in_use"
    sentence = _("%(count)s standing offers use this curve. Give them another one, or end them, first.")


def save_curve(
    *,
    provider_id: int,
    site_id: int,
    curve_id: int | None,
    name: str,
    prices_fen: Sequence[int],
    floor_fen: int | None,
    by: str,
    now: datetime,
) -> PriceCurve:
    """Keep a new curve, or change one; hours that are listed already stay as they are.

    Raises NotYours, CurveNameMissing, CurveNotAWeek, CurvePriceRefused, CurveNameTaken.
    """
    site = Site.objects.select_related("market").filter(pk=site_id, provider_id=provider_id).first()
    if site is None:
        raise NotYours()
    _check(site, name, prices_fen, floor_fen)
    try:
        with transaction.atomic():
            curve = PriceCurve(site=site, created_at=now)
            if curve_id is not None:
                curve = own_curve(curve_id=curve_id, provider_id=provider_id, lock=True)
            before = fields_of(curve, ("name", "prices_fen", "floor_fen")) if curve.pk else {}
            curve.site, curve.name, curve.prices_fen, curve.floor_fen = site, name.strip(), list(prices_fen), floor_fen
            curve.changed_at = now
            curve.save()
            record_change(
                who=by, what="price_curve.save", on=curve, before=before, now=now, participant_id=provider_id,
                after=fields_of(curve, ("name", "prices_fen", "floor_fen")),
            )  # fmt: skip
            return curve
    except IntegrityError as error:
        if "price_curve_name" not in str(error):
            raise
        raise CurveNameTaken() from error


@transaction.atomic
def delete_curve(*, provider_id: int, curve_id: int, by: str, now: datetime) -> None:
    """Forget a curve that no rule uses. Raises NotYours, CurveInUse."""
    curve = own_curve(curve_id=curve_id, provider_id=provider_id, lock=True)
    if count := curve.standing_offers.exclude(state=StandingOffer.State.ENDED).count():
        raise CurveInUse(count=count)
    if curve.standing_offers.exists():
        # Ended rules keep their curve, for what they have listed by it.
        raise CurveInUse(count=curve.standing_offers.count())
    record_change(
        who=by, what="price_curve.delete", on=curve, now=now, participant_id=provider_id,
        before=fields_of(curve, ("name", "prices_fen", "floor_fen")),
    )  # fmt: skip
    curve.delete()


def own_curve(*, curve_id: int, provider_id: int, lock: bool = False) -> PriceCurve:
    """Return one of the provider's curves; raises NotYours."""
    curves = PriceCurve.objects.select_for_update(of=("self",)) if lock else PriceCurve.objects
    curve = curves.select_related("site__market").filter(pk=curve_id, site__provider_id=provider_id).first()
    if curve is None:
        raise NotYours()
    return curve


def price_runs(
    *, curve: PriceCurve, quantities: dict[int, int], most: int | None = None
) -> list[tuple[int, int, int, int]]:
    """Return (start, hours, quantity, price) of consecutive hours alike in quantity and price; hours of 0 are left out."""
    runs: list[tuple[int, int, int, int]] = []
    for hour in sorted(quantities):
        quantity = quantities[hour] if most is None else min(quantities[hour], most)
        if quantity <= 0:
            continue
        price = curve.price_of(hour)
        if runs and runs[-1][0] + runs[-1][1] == hour and runs[-1][2:] == (quantity, price):
            start, hours, *_rest = runs[-1]
            runs[-1] = (start, hours + 1, quantity, price)
        else:
            runs.append((hour, 1, quantity, price))
    return runs


def _check(site: Site, name: str, prices_fen: Sequence[int], floor_fen: int | None) -> None:
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX:
        raise CurveNameMissing()
    if len(prices_fen) != HOURS_A_PERIOD:
        raise CurveNotAWeek(count=len(prices_fen))
    for hour, price in enumerate(prices_fen):
        for fault in limit_faults(price, site.market):
            raise CurvePriceRefused(price=Fen(price), hour=hour, why=str(fault))
    if floor_fen is not None:
        for fault in limit_faults(floor_fen, site.market):
            raise CurvePriceRefused(field="floor_fen", price=Fen(floor_fen), hour=0, why=str(fault))
