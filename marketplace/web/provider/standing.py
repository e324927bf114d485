"""Standing offers: rules that list by themselves, what each will do next, and pausing or ending them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.period import HOURS_A_DAY, day_of
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.offers.models import PriceCurve, StandingOffer
from marketplace.offers.models.standing_offer import DAYS_AHEAD_MAX
from marketplace.offers.refusal import UnableToOffer
from marketplace.offers.standing_offers import (
    NextListing,
    end_standing_offer,
    next_listing,
    pause_standing_offer,
    resume_standing_offer,
    save_standing_offer,
)
from marketplace.web.fragments import render_page
from marketplace.web.templatetags.names import named
from matching.hours import hour_of, moment_of
from matching.service import free_by_site

SHOWN = 50


class CurveChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Curves with their site."""

    def label_from_instance(self, obj: PriceCurve) -> str:
        """`week · Wuhu-1`."""
        return f"{obj.name} · {named(obj.site)}"


class StandingOfferForm(forms.Form):
    """Which curve and site, how many accelerators, which hours of the day, how far ahead."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    curve = CurveChoice(PriceCurve.objects.none(), label=gettext_lazy("Price curve and site"), empty_label=None)
    quantity = forms.IntegerField(label=gettext_lazy("Accelerators"), min_value=1)
    days_ahead = forms.IntegerField(
        label=gettext_lazy("Days ahead"),
        min_value=1,
        max_value=DAYS_AHEAD_MAX,
        initial=3,
        help_text=gettext_lazy("Whole days after today, in Beijing."),
    )
    from_clock = forms.IntegerField(
        label=gettext_lazy("From, o'clock"), min_value=0, max_value=23, initial=0, help_text=gettext_lazy("In Beijing.")
    )
    hours_a_day = forms.IntegerField(label=gettext_lazy("Hours a day"), min_value=1, max_value=24, initial=24)
    display_quantity = forms.IntegerField(
        label=gettext_lazy("Show at a time"),
        min_value=1,
        required=False,
        help_text=gettext_lazy("Buyers see so many accelerators at once; left empty, all of them."),
    )


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with what it does next, and when."""

    rule: StandingOffer
    plan: NextListing | None
    at: datetime | None


@require_safe
@provider_required
def standing_offers(request: ActingRequest) -> HttpResponse:
    """The provider's rules and what each will list next."""
    now = timezone.now()
    rules = StandingOffer.objects.filter(site__provider_id=request.participant.pk)
    live = rules.exclude(state=StandingOffer.State.ENDED).select_related(
        "site__market__compute_class", "site__market__hub", "curve"
    )
    context = {
        "rows": _rows(live[:SHOWN], now),
        "has_curves": PriceCurve.objects.filter(site__provider_id=request.participant.pk).exists(),
    }
    return render_page(request, "provider/standing_offers.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def standing_offer_edit(request: ActingRequest, standing_id: int | None = None) -> HttpResponse:
    """Make a rule, or change one; asked by htmx, what it would list if it began now."""
    rule, now = None, timezone.now()
    if standing_id is not None:
        found = StandingOffer.objects.select_related("site__market", "curve")
        rule = get_object_or_404(found, pk=standing_id, site__provider=request.participant)
    form = StandingOfferForm(request.POST or None, initial=_initial(request, rule))
    curves = PriceCurve.objects.filter(site__provider=request.participant).select_related("site__market")
    form.fields["curve"].queryset = curves.filter(site=rule.site) if rule else curves  # type: ignore[attr-defined]
    if request.method == "POST" and request.htmx:  # type: ignore[attr-defined]
        return render(request, "provider/standing_preview.html", {"plan": _preview(form, rule, now), "form": form})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            saved = save_standing_offer(
                provider_id=request.participant.pk,
                standing_id=standing_id,
                curve_id=data.pop("curve").pk,
                by=request.user.email,
                now=now,
                **data,
            )
        except UnableToOffer as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("%(name)s lists within a minute, and each new day at Beijing's midnight.") % {
                "name": saved.name
            })  # fmt: skip
            return redirect("standing_offers")
    context = {"form": form, "rule": rule, "has_curves": curves.exists(), "plan": _preview(form, rule, now)}
    return render(request, "provider/standing_offer.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def standing_offer_step(request: ActingRequest, standing_id: int, step: str) -> HttpResponse:
    """Pause, resume, or (asked first) end a rule."""
    rule = get_object_or_404(StandingOffer, pk=standing_id, site__provider=request.participant)
    own = {"provider_id": request.participant.pk, "standing_id": rule.pk, "by": request.user.email}
    if step not in ("pause", "resume", "end"):
        raise Http404(_("There is no such step."))
    if request.method == "POST":
        try:
            _take_step(request, step, own)
        except UnableToOffer as error:
            messages.error(request, str(error))
        return redirect("standing_offers")
    live = rule.offers.filter(order__state__in=("pending", "open")).count()
    context = {
        "title": _("End %(name)s?") % {"name": rule.name},
        "sentence": ngettext(
            "It lists nothing more. %(count)s offer that it has listed is still live.",
            "It lists nothing more. %(count)s offers that it has listed are still live.",
            live,
        )
        % {"count": live},
        "act": _("End it"),
        "more": {"withdraw": _("End it and withdraw them")} if live else {},
        "keep": _("Keep it"),
        "back": "standing_offers",
    }
    return render_page(request, "provider/question.html", "dialog", context)


def _take_step(request: ActingRequest, step: str, own: dict[str, object]) -> None:
    now = timezone.now()
    if step == "pause":
        rule = pause_standing_offer(now=now, **own)  # type: ignore[arg-type]
        messages.success(request, _("%(name)s lists nothing more until you resume it.") % {"name": rule.name})
    elif step == "resume":
        rule = resume_standing_offer(now=now, **own)  # type: ignore[arg-type]
        messages.success(request, _("%(name)s goes on within a minute.") % {"name": rule.name})
    else:
        count = end_standing_offer(withdraw="withdraw" in request.POST, now=now, **own)  # type: ignore[arg-type]
        text = ngettext(
            "Ended; %(count)s offer is being withdrawn.", "Ended; %(count)s offers are being withdrawn.", count
        )
        messages.success(request, text % {"count": count} if count else _("Ended."))


def _rows(rules: Iterable[StandingOffer], now: datetime) -> list[RuleRow]:
    """Rules with what they do next; one statement more, however many."""
    found = list(rules)
    sites = {rule.site_id: rule.site for rule in found}
    hour = hour_of(now)
    reach = hour + (DAYS_AHEAD_MAX + 3) * HOURS_A_DAY
    free = free_by_site(sites=list(sites.values()), start=hour, end=reach) if sites else {}
    return [_row(rule, now, free[rule.site_id]) for rule in found]


def _row(rule: StandingOffer, now: datetime, free: Mapping[int, int]) -> RuleRow:
    """What a rule lists when it next looks: at once, or at Beijing's next midnight."""
    if rule.state != StandingOffer.State.ACTIVE:
        return RuleRow(rule, None, None)
    plan = next_listing(rule=rule, now=now, free=free)
    if plan.until > plan.start:
        return RuleRow(rule, plan, now)
    midnight = moment_of(day_of(hour_of(now))[0] + HOURS_A_DAY)
    return RuleRow(rule, next_listing(rule=rule, now=midnight, free=free), midnight)


def _preview(form: StandingOfferForm, rule: StandingOffer | None, now: datetime) -> NextListing | None:
    """What the rule in a form would list if it began now."""
    data = form.cleaned_data if form.is_bound and form.is_valid() else None
    if data is None:
        return next_listing(rule=rule, now=now) if rule else None
    draft = StandingOffer(
        site=data["curve"].site, curve=data["curve"], name=data["name"], quantity=data["quantity"],
        days_ahead=data["days_ahead"], from_clock=data["from_clock"], hours_a_day=data["hours_a_day"],
        listed_until=rule.listed_until if rule else None,
    )  # fmt: skip
    return next_listing(rule=draft, now=now)


def _initial(request: ActingRequest, rule: StandingOffer | None) -> dict[str, object]:
    if rule is None:
        return {name: value for name, value in request.GET.items() if name in StandingOfferForm.base_fields}
    names = ("name", "quantity", "days_ahead", "from_clock", "hours_a_day", "display_quantity")
    return {"curve": rule.curve_id, **{name: getattr(rule, name) for name in names}}
