"""A site's way onto the exchange: drafted step by step, submitted, and approved or refused by an operator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.offers.models import SiteProfile
from marketplace.offers.refusal import NotYours, UnableToOffer
from marketplace.offers.register_site import register_site
from matching.changes import fields_of, record_change
from matching.models import Market, Site

FIELDS = (
    "name", "name_zh", "city", "compute_class", "hub", "accelerators", "node_accelerators", "interconnect", "network_gbps",
    "storage_tb", "power_source", "green_share_percent", "identifier",
)  # fmt: skip
"""What a provider may say of a site."""

REQUIRED: dict[str, str | Promise] = {
    "name": _("name"),
    "city": _("city"),
    "compute_class": _("compute class"),
    "hub": _("hub"),
    "accelerators": _("accelerators installed"),
    "interconnect": _("interconnect"),
    "network_gbps": _("network"),
    "power_source": _("power source"),
    "green_share_percent": _("green share"),
}
"""What must be said before an operator looks at it."""

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]{5,59}")


class SiteIncomplete(UnableToOffer):
    code = "site_incomplete"
    sentence = _("Say first: %(missing)s.")


class SiteNotOpen(UnableToOffer):
    code = "site_not_open"
    sentence = _("This site has been submitted. Take it back first, or wait for the answer.")


class SiteNotSubmitted(UnableToOffer):
    code = "site_not_submitted"
    sentence = _("This site does not wait for an answer.")


class IdentifierMalformed(UnableToOffer):
    code = "identifier_malformed"
    field = "identifier"
    sentence = _("An identifier has 6 to 60 letters, digits and . : / _ -. Leave it empty to be given one.")


class IdentifierTaken(UnableToOffer):
    code = "identifier_taken"
    field = "identifier"
    sentence = _("Another site has the identifier %(identifier)s. Check it, or leave it empty to be given one.")


class MarketMissing(UnableToOffer):
    code = "market_missing"
    field = "hub"
    sentence = _("%(compute_class)s is not traded in %(hub)s yet. Open that market first, then approve the site.")


class RefusalReasonMissing(UnableToOffer):
    code = "reason_missing"
    field = "reason"
    sentence = _("Say why. The provider reads it, and can mend it.")


@transaction.atomic
def start_site(*, provider_id: int, by: str, now: datetime, **facts: Any) -> SiteProfile:
    """Keep a new draft with whatever is known of it so far; raises IdentifierMalformed."""
    profile = SiteProfile(provider_id=provider_id, created_at=now)
    _set(profile, facts)
    profile.save()
    record_change(
        who=by, what="site_profile.start", on=profile, after=_texts(profile), participant_id=provider_id, now=now
    )
    return profile


@transaction.atomic
def save_site(*, profile_id: int, provider_id: int, by: str, now: datetime, **facts: Any) -> SiteProfile:
    """Keep what is said of a draft; a refused one becomes a draft again. Raises NotYours, SiteNotOpen, IdentifierMalformed."""
    profile = _own(profile_id, provider_id)
    if not profile.is_open:
        raise SiteNotOpen()
    before = _texts(profile)
    _set(profile, facts)
    profile.state = SiteProfile.State.DRAFT
    profile.save()
    record_change(
        who=by, what="site_profile.save", on=profile, before=before, after=_texts(profile), participant_id=provider_id,
        now=now,
    )  # fmt: skip
    return profile


@transaction.atomic
def submit_site(*, profile_id: int, provider_id: int, by: str, now: datetime) -> SiteProfile:
    """Put a draft before the operators. Raises NotYours, SiteNotOpen, SiteIncomplete, IdentifierTaken."""
    profile = _own(profile_id, provider_id)
    if not profile.is_open:
        raise SiteNotOpen()
    if missing := missing_of(profile):
        raise SiteIncomplete(field=missing[0], missing=", ".join(str(REQUIRED[name]) for name in missing))
    _refuse_taken(profile)
    profile.state, profile.submitted_at, profile.reason = SiteProfile.State.SUBMITTED, now, ""
    return _saved(profile, what="submit", by=by, now=now)


@transaction.atomic
def recall_site(*, profile_id: int, provider_id: int, by: str, now: datetime) -> SiteProfile:
    """Take a submitted site back to a draft. Raises NotYours, SiteNotSubmitted."""
    profile = _own(profile_id, provider_id)
    if profile.state != SiteProfile.State.SUBMITTED:
        raise SiteNotSubmitted()
    profile.state, profile.submitted_at = SiteProfile.State.DRAFT, None
    return _saved(profile, what="recall", by=by, now=now)


def approve_site(*, profile_id: int, by: str, now: datetime) -> Site:
    """Make the site of a submitted profile; its participant provides from now on.

    Raises NotYours, SiteNotSubmitted, MarketMissing, IdentifierTaken.
    """
    try:
        with transaction.atomic():
            return _approve(profile_id, by, now)
    except IntegrityError as error:
        # Somebody else's site took the identifier in the meantime.
        if "identifier" not in str(error):
            raise
        raise IdentifierTaken(identifier=SiteProfile.objects.get(pk=profile_id).identifier) from error


@transaction.atomic
def refuse_site(*, profile_id: int, reason: str, by: str, now: datetime) -> SiteProfile:
    """Send a submitted site back with a reason. Raises NotYours, SiteNotSubmitted, RefusalReasonMissing."""
    profile = _submitted(profile_id)
    if not reason.strip():
        raise RefusalReasonMissing()
    profile.state, profile.reason, profile.decided_at = SiteProfile.State.REFUSED, reason.strip()[:500], now
    return _saved(profile, what="refuse", by=by, now=now, why=profile.reason)


def missing_of(profile: SiteProfile) -> list[str]:
    """Return the names of the required fields that nothing is said of yet."""
    return [name for name in REQUIRED if getattr(profile, name) in (None, "")]


def _approve(profile_id: int, by: str, now: datetime) -> Site:
    profile = _submitted(profile_id)
    compute_class, hub = profile.compute_class, profile.hub
    assert compute_class is not None
    assert hub is not None
    market = Market.objects.filter(compute_class=compute_class, hub=hub).first()
    if market is None:
        raise MarketMissing(compute_class=compute_class.slug, hub=hub.name)
    _refuse_taken(profile)
    site = register_site(
        provider_id=profile.provider_id,
        market_id=market.pk,
        name=profile.name,
        name_zh=profile.name_zh,
        accelerators=profile.accelerators or 0,
        interconnect=profile.interconnect,
        identifier=profile.identifier,
        now=now,
    )
    profile.state, profile.site, profile.identifier = SiteProfile.State.ACTIVE, site, site.identifier
    profile.decided_at = now
    _saved(profile, what="approve", by=by, now=now)
    return site


def _own(profile_id: int, provider_id: int) -> SiteProfile:
    profile = SiteProfile.objects.select_for_update().filter(pk=profile_id, provider_id=provider_id).first()
    if profile is None:
        raise NotYours()
    return profile


def _submitted(profile_id: int) -> SiteProfile:
    profile = SiteProfile.objects.select_for_update().filter(pk=profile_id).first()
    if profile is None:
        raise NotYours()
    if profile.state != SiteProfile.State.SUBMITTED:
        raise SiteNotSubmitted()
    return profile


def _refuse_taken(profile: SiteProfile) -> None:
    if profile.identifier and Site.objects.filter(identifier=profile.identifier).exists():
        raise IdentifierTaken(identifier=profile.identifier)


def _set(profile: SiteProfile, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        if name not in FIELDS:
            raise TypeError(f"{name} is no fact of a site")
        setattr(profile, name, value)
    if profile.identifier and not IDENTIFIER.fullmatch(profile.identifier):
        raise IdentifierMalformed()


def _texts(profile: SiteProfile) -> dict[str, Any]:
    names = [f"{name}_id" if name in ("compute_class", "hub") else name for name in FIELDS]
    return {"state": str(profile.state), **fields_of(profile, names)}


def _saved(profile: SiteProfile, *, what: str, by: str, now: datetime, why: str = "") -> SiteProfile:
    profile.save()
    record_change(
        who=by, what=f"site_profile.{what}", on=profile, after={"state": str(profile.state)}, why=why,
        participant_id=profile.provider_id, now=now,
    )  # fmt: skip
    return profile
