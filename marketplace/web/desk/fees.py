"""Finance: fee schedules, overrides, VAT rates, tax codes and the penalty, with their versions, and how a new one comes into force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import versions
from billing.delivery.penalty import approve_penalty_rate, propose_penalty_rate, read_penalty
from billing.fees.terms import read_fee_terms
from billing.fees.versions import approve_schedule, new_schedule, propose_schedule, touched_by
from billing.models import FeeDay, FeeSchedule, Rate, TaxStatus, Version
from billing.period import day_of
from billing.tax.versions import approve_tax_code, approve_vat_rate, earliest_period, propose_tax_code, propose_vat_rate
from marketplace.accounts.access import approver_required, finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.desk.fee_forms import (
    PenaltyForm,
    ScheduleForm,
    TaxCodeForm,
    VatForm,
    VersionForm,
    first_free_week,
    next_day,
)
from matching.hours import hour_of

SHOWN = 50
BY_WEEKS = gettext_lazy(
    "It starts with the week of the day entered, Monday 00:00 in Beijing, once somebody else has approved it."
)

# By what a version is called in the audit trail, which addresses use too.
MODELS: dict[str, type[Version]] = {
    "fee_schedule": FeeSchedule,
    "vat_rate": Rate,
    "penalty_rate": Rate,
    "tax_code": TaxStatus,
}
APPROVE: dict[str, Callable[..., Version]] = {
    "fee_schedule": lambda pk, by, now: approve_schedule(schedule_id=pk, by=by, now=now),
    "vat_rate": lambda pk, by, now: approve_vat_rate(rate_id=pk, by=by, now=now),
    "penalty_rate": lambda pk, by, now: approve_penalty_rate(rate_id=pk, by=by, now=now),
    "tax_code": lambda pk, by, now: approve_tax_code(status_id=pk, by=by, now=now),
}


@require_safe
@finance_required
def fees(request: ActingRequest) -> HttpResponse:
    """What is in force, what waits for a second person, and every version there has been."""
    now = timezone.now()
    general = read_fee_terms(participant_ids=[0], now=now).get(0)
    schedules = FeeSchedule.objects.select_related("participant")
    context = {
        "tiers": _tier_rows(general.tiers if general else (), now),
        "waiting": _waiting(request.user.email),
        "general_versions": schedules.filter(participant=None)[:SHOWN],
        "overrides": _overrides(day_of(hour_of(now))[0]),
        "override_versions": schedules.exclude(participant=None).order_by("participant__slug", "-from_hour", "-pk")[
            :SHOWN
        ],
        "rate_versions": Rate.objects.all()[:SHOWN],
        "penalty": read_penalty(now=now),
        "tax_codes": TaxStatus.objects.filter(state=Version.State.APPROVED)
        .select_related("participant")
        .order_by("participant__slug", "-from_hour", "-pk")[:SHOWN],
        "now_hour": hour_of(now),
    }
    return render(request, "finance/fees/fees.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def schedule_new(request: ActingRequest) -> HttpResponse:
    """Enter a version of the general schedule or of an override; first shown with whom it touches, then proposed."""
    now = timezone.now()
    general = read_fee_terms(participant_ids=[0], now=now).get(0)
    form = ScheduleForm(
        request.POST or None,
        tiers=list(general.tiers) if general else None,
        initial={"from_day": next_day(hour_of(now)), "participant": request.GET.get("participant")},
    )
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        participant = form.cleaned_data["participant"]
        try:
            schedule = new_schedule(
                tiers=form.tiers,
                from_hour=form.from_hour,
                reason=form.cleaned_data["reason"],
                participant_id=participant.pk if participant else None,
            )
            versions.check_is_ahead(schedule, now)
            if "propose" in request.POST:
                propose_schedule(schedule=schedule, by=request.user.email, now=now)
                return _proposed(request)
        except versions.UnableToVersion as error:
            _add(form, error)
        else:
            touched = touched_by(schedule=schedule, now=now)
            changed = [one for one in touched if one.is_changed]
            context |= {"schedule": schedule, "touched": touched[:SHOWN], "changed": len(changed)}
            context["dearer"] = sum(one.is_dearer for one in changed)
    return render(request, "finance/fees/schedule_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def vat_new(request: ActingRequest) -> HttpResponse:
    """Propose a VAT rate of a tax code."""
    earliest = first_free_week(max(earliest_period(participant_id=None), hour_of(timezone.now()) + 1))
    form = VatForm(request.POST or None, initial={"from_day": earliest})
    return _enter(
        request,
        form,
        lambda data, terms: propose_vat_rate(tax_code=data["tax_code"], bps=data["bps"], **terms),
        title=_("New VAT rate"),
        lead=str(BY_WEEKS),
        note=_("Nothing is sold or bid for from %(day)s on.") % {"day": earliest.isoformat()},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def tax_code_new(request: ActingRequest) -> HttpResponse:
    """Propose another tax code for a buyer's purchases."""
    form = TaxCodeForm(request.POST or None, initial={"from_day": first_free_week(hour_of(timezone.now()) + 1)})
    return _enter(
        request,
        form,
        lambda data, terms: propose_tax_code(participant_id=data["participant"].pk, tax_code=data["tax_code"], **terms),
        title=_("New tax code of a buyer"),
        lead=str(BY_WEEKS),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def penalty_new(request: ActingRequest) -> HttpResponse:
    """Propose a penalty on what is not delivered."""
    now = timezone.now()
    initial = {"from_day": next_day(hour_of(now)), "bps": read_penalty(now=now).bps}
    return _enter(
        request,
        PenaltyForm(request.POST or None, initial=initial),
        lambda data, terms: propose_penalty_rate(bps=data["bps"], **terms),
        title=_("New penalty"),
        lead=_("It applies to trades from a Beijing midnight on, once somebody else has approved it."),
        note=_("Trades made before keep theirs, whenever they are delivered and whenever a reading comes."),
    )


@require_POST
@approver_required
def version_approve(request: ActingRequest, kind: str, version_id: int) -> HttpResponse:
    """Put in force what somebody else has proposed."""
    return _decide(request, APPROVE.get(kind), version_id, _("Approved. It applies from its day on."))


@require_POST
@finance_required
def version_reject(request: ActingRequest, kind: str, version_id: int) -> HttpResponse:
    """Turn a proposal down, or take one's own back."""
    model = MODELS.get(kind)

    def turn_down(pk: int, by: str, now: Any) -> Version:
        if model is None:
            raise Http404
        return versions.reject(model, version_id=pk, by=by, now=now)

    return _decide(request, turn_down, version_id, _("Turned down. Nothing changes."))


def _decide(request: ActingRequest, verb: Callable[..., Version] | None, version_id: int, done: str) -> HttpResponse:
    if verb is None:
        raise Http404
    try:
        verb(version_id, request.user.email, timezone.now())
    except versions.UnableToVersion as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("finance_fees")


def _enter(
    request: ActingRequest,
    form: VersionForm,
    propose: Callable[[dict[str, Any], dict[str, Any]], Version],
    **words: str,
) -> HttpResponse:
    """Show the form of a rate, or propose what it says; `propose` gets its data, and day, reason, person and time."""
    if request.method == "POST" and form.is_valid():
        terms = {"from_hour": form.from_hour, "reason": form.cleaned_data["reason"]}
        terms |= {"by": request.user.email, "now": timezone.now()}
        try:
            propose(form.cleaned_data, terms)
        except versions.UnableToVersion as error:
            _add(form, error)
        else:
            return _proposed(request)
    return render(request, "finance/fees/rate_new.html", {"form": form, **words}, status=422 if form.errors else 200)


def _proposed(request: ActingRequest) -> HttpResponse:
    messages.success(request, _("Proposed. Somebody else in finance has to approve it."))
    return redirect("finance_fees")


def _add(form: VersionForm, error: versions.UnableToVersion) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _tier_rows(tiers: tuple[tuple[int, int, int], ...], now: Any) -> list[dict[str, int]]:
    """The general tiers with how many of those who traded in 30 days stand on each, and what they traded."""
    today = day_of(hour_of(now))[0]
    recent = FeeDay.objects.filter(day__gte=today - 720).order_by().values_list("participant_id", flat=True).distinct()
    terms = [each for each in read_fee_terms(participant_ids=list(recent), now=now).values() if not each.is_own]
    on_tier = Counter(sum(each.volume_fen >= volume for volume, *_rates in tiers) - 1 for each in terms)
    return [
        {"volume_fen": volume, "maker_bps": maker, "taker_bps": taker, "participants": on_tier[row]}
        for row, (volume, maker, taker) in enumerate(tiers)
    ]


def _overrides(day: int) -> list[FeeSchedule]:
    """The overrides in force: each participant's newest approved version that has begun and has tiers."""
    begun = FeeSchedule.objects.filter(state=Version.State.APPROVED, from_hour__lte=day).exclude(participant=None)
    newest = begun.order_by("participant_id", "-from_hour", "-pk").distinct("participant_id")
    return [each for each in newest.select_related("participant") if each.tier_volumes_fen]


def _waiting(email: str) -> list[dict[str, Any]]:
    """Every proposal, and whether the person has made it."""
    return [
        {"version": version, "is_own": version.proposed_by.casefold() == email.casefold()}
        for model in (FeeSchedule, Rate, TaxStatus)
        for version in model._default_manager.filter(state=Version.State.PROPOSED).order_by("pk")
    ]
