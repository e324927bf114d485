"""A provider's sites: those that trade, and the way there in steps that save as they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import missing_of, recall_site, save_site, start_site, submit_site
from marketplace.offers.refusal import UnableToOffer
from marketplace.web.fragments import render_page
from marketplace.web.provider.site_forms import STEPS, StepForm
from matching.models import Site


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the row above the form."""

    word: str
    title: str
    number: int
    is_done: bool
    is_current: bool


@require_safe
@participant_required
def sites(request: ActingRequest) -> HttpResponse:
    """The organisation's sites, and those on their way."""
    found = Site.objects.filter(provider_id=request.participant.pk).select_related(
        "market__compute_class", "market__hub", "profile"
    )
    coming = SiteProfile.objects.filter(provider_id=request.participant.pk, site=None).select_related(
        "compute_class", "hub"
    )
    return render_page(request, "provider/sites.html", "rows", {"sites": found, "coming": coming})


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def site_new(request: ActingRequest) -> HttpResponse:
    """The first step of a new site; its answer makes the draft."""
    profile = SiteProfile(provider=request.participant)
    return _step(request, profile, "place", lambda facts: start_site(provider_id=request.participant.pk, **facts))


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def site_step(request: ActingRequest, profile_id: int, step: str) -> HttpResponse:
    """One step of a site that has a draft; the last one shows all of it and submits."""
    found = SiteProfile.objects.select_related("compute_class", "hub", "site")
    profile = get_object_or_404(found, pk=profile_id, provider=request.participant)
    if step not in STEPS:
        raise Http404(_("There is no such step."))
    if step == "check" or not profile.is_open:
        return _check(request, profile)
    own: dict[str, Any] = {"profile_id": profile.pk, "provider_id": request.participant.pk}
    return _step(request, profile, step, lambda facts: save_site(**own, **facts))


def _step(
    request: ActingRequest, profile: SiteProfile, step: str, keep: Callable[[dict[str, Any]], SiteProfile]
) -> HttpResponse:
    kind = STEPS[step][1]
    assert kind is not None
    form = kind(request.POST or None, instance=profile)
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    now = timezone.now()
    if request.method == "POST":
        saved = _keep(request, form, keep, now) if profile.pk or form.is_valid() else None
        if is_part:
            return render(request, "provider/site_saved.html", {"form": form, "saved_at": now if saved else None})
        if saved is not None and form.is_valid():
            words = list(STEPS)
            return redirect("site_step", saved.pk, words[words.index(step) + 1])
    context = {"form": form, "profile": profile, "steps": _steps(profile, step), "step": step, "title": STEPS[step][0]}
    return render(request, "provider/site_step.html", context, status=422 if form.errors else 200)


def _keep(
    request: ActingRequest, form: StepForm, keep: Callable[[dict[str, Any]], SiteProfile], now: datetime
) -> SiteProfile | None:
    """Save what can be read; what cannot is told in the form."""
    try:
        return keep({**form.said(), "by": request.user.email, "now": now})
    except UnableToOffer as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None


def _check(request: ActingRequest, profile: SiteProfile) -> HttpResponse:
    fault = ""
    if request.method == "POST":
        verb = recall_site if "recall" in request.POST else submit_site
        own = {"profile_id": profile.pk, "provider_id": request.participant.pk, "by": request.user.email}
        try:
            verb(**own, now=timezone.now())  # type: ignore[arg-type]  # one dictionary of a number and a text
        except UnableToOffer as error:
            fault = str(error)
        else:
            if verb is submit_site:
                messages.success(request, _("%(name)s is submitted. You are told here once it is decided.") % {
                    "name": profile.name
                })  # fmt: skip
                return redirect("provider_sites")
            return redirect("site_step", profile.pk, "check")
    missing = set(missing_of(profile))
    context = {
        "profile": profile,
        "steps": _steps(profile, "check"),
        "step": "check",
        "missing": missing,
        "fault": fault,
        "title": profile.name or _("A new site"),
    }
    return render(request, "provider/site_check.html", context, status=422 if fault else 200)


def _steps(profile: SiteProfile, current: str) -> list[Step]:
    missing = set(missing_of(profile))
    steps = []
    for number, (word, (title, form)) in enumerate(STEPS.items(), start=1):
        asked = set() if form is None else set(form.base_fields)
        is_done = bool(profile.pk) and form is not None and not missing & asked
        steps.append(Step(word, str(title), number, is_done or not profile.is_open, word == current))
    return steps
