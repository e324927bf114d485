"""How a version of fees or tax comes into force: one person proposes it, another approves it before the moment it applies from."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Version
from billing.period import date_of
from billing.serial import wait_for_turn
from matching.changes import record_change
from matching.hours import hour_of

V = TypeVar("V", bound=Version)


class UnableToVersion(Exception):
    """A version that cannot be entered or decided; `code` is stable, `field` the input at fault, the text says what to do."""

    code = "unable_to_version"
    field: str | None = None


class VersionTooEarly(UnableToVersion):
    """The version would apply to what has been decided already."""

    code, field = "version_too_early", "from_day"


class ReasonMissing(UnableToVersion):
    """A version needs a reason."""

    code, field = "reason_missing", "reason"


class RateOutOfRange(UnableToVersion):
    """A rate below 0 or above what anybody is charged."""

    code, field = "rate_out_of_range", "bps"


class VersionDecided(UnableToVersion):
    """The version has been approved or rejected meanwhile."""

    code = "version_decided"


class SecondPersonNeeded(UnableToVersion):
    """Who proposed a version cannot approve it."""

    code = "second_person_needed"


@transaction.atomic
def propose(version: V, *, by: str, now: datetime) -> V:
    """Keep a version that waits for a second person; raises VersionTooEarly, ReasonMissing."""
    if not version.reason.strip():
        raise ReasonMissing(_("Say why, so that whoever approves knows."))
    check_is_ahead(version, now)
    version.state, version.proposed_by, version.proposed_at = Version.State.PROPOSED, by, now
    version.reason = version.reason.strip()
    version.save()
    _note(version, "propose", by, now)
    return version


def check_is_ahead(version: Version, now: datetime) -> None:
    """Raise VersionTooEarly unless the version applies from a later hour on."""
    if version.from_hour <= hour_of(now):
        raise VersionTooEarly(
            _("%(day)s has begun. Choose a later day: what is decided is never decided anew.")
            % {"day": date_of(version.from_hour)}
        )


def locked(model: type[V], version_id: int, **of: str) -> V:
    """Return a version (with these fields) that nobody has decided yet, locked, while no clearing or settlement runs.

    Raises VersionDecided.
    """
    wait_for_turn()
    undecided = model._default_manager.select_for_update().filter(state=Version.State.PROPOSED)
    version = undecided.filter(pk=version_id, **of).first()
    if version is None:
        raise VersionDecided(_("This has been decided meanwhile. Look at it again."))
    return version


def approve(version: V, *, by: str, now: datetime) -> V:
    """Put a locked version in force from its hour on; raises SecondPersonNeeded, VersionTooEarly."""
    if version.proposed_by.casefold() == by.casefold():
        raise SecondPersonNeeded(_("You proposed this. Somebody else has to approve it."))
    check_is_ahead(version, now)
    return _decide(version, Version.State.APPROVED, by, now)


@transaction.atomic
def reject(model: type[V], *, version_id: int, by: str, now: datetime) -> V:
    """Turn a proposed version down, or take it back; raises VersionDecided."""
    return _decide(locked(model, version_id), Version.State.REJECTED, by, now)


def _decide(version: V, state: Version.State, by: str, now: datetime) -> V:
    version.state, version.decided_by, version.decided_at = state, by, now
    version.save(update_fields=["state", "decided_by", "decided_at"])
    _note(version, "approve" if state == Version.State.APPROVED else "reject", by, now)
    return version


def _note(version: Version, verb: str, by: str, now: datetime) -> None:
    names = [f.attname for f in version._meta.concrete_fields if f.attname not in ("id", "proposed_by", "proposed_at")]
    record_change(
        who=by,
        what=f"{version.what}.{verb}",
        on=version,
        now=now,
        after={name: getattr(version, name) for name in names},
        participant_id=getattr(version, "participant_id", None),
        why=version.reason,
    )
