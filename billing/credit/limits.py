"""Credit limits: one person asks for a version, another approves it, and from its day on bids may hold balance and credit."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.credit.in_force import limit_in_force
from billing.funds import open_accounts
from billing.models import Account, CreditLimit
from billing.period import BEIJING
from matching.changes import record_change
from matching.models import Participant

LIMIT_FEN_MAX = 100_000_000_000_00
TERMS_DAYS_MAX = 365
CURRENCY = "CNY"
_FIELDS = ("limit_fen", "terms_days", "from_day", "language")


class UnableToSetLimit(Exception):
    """A credit limit that cannot be asked for or decided; `code` is stable, `field` the input at fault."""

    code = "unable_to_set_limit"
    field: str | None = None


class LimitOutOfRange(UnableToSetLimit):
    """The limit is negative, or more than any buyer can owe."""

    code = "limit_out_of_range"
    field = "limit_fen"


class TermsOutOfRange(UnableToSetLimit):
    """The terms of payment are no number of days from 0 to 365."""

    code = "terms_out_of_range"
    field = "terms_days"


class DayGone(UnableToSetLimit):
    """The limit would begin in the past."""

    code = "day_gone"
    field = "from_day"


class NotInYuan(UnableToSetLimit):
    """The limit is in another currency than the exchange's."""

    code = "not_in_yuan"
    field = "currency"


class NotABuyer(UnableToSetLimit):
    """The participant does not buy."""

    code = "not_a_buyer"
    field = "participant"


class ReasonMissing(UnableToSetLimit):
    """Whoever approves has to know why."""

    code = "reason_missing"
    field = "reason"


class LimitAskedAlready(UnableToSetLimit):
    """Another version of the participant's limit waits to be decided."""

    code = "limit_asked_already"


class LimitDecided(UnableToSetLimit):
    """Somebody has approved or refused it, or there is no such limit."""

    code = "limit_decided"


class SecondPersonNeeded(UnableToSetLimit):
    """Who asked for a limit cannot approve it."""

    code = "second_person_needed"


@transaction.atomic
def ask_for_limit(
    *,
    participant_id: int,
    limit_fen: int,
    terms_days: int,
    from_day: date,
    reason: str,
    by: str,
    now: datetime,
    currency: str = CURRENCY,
    language: str = CreditLimit.Language.ZH_HANS,
) -> CreditLimit:
    """Ask for a limit in fen from a Beijing day on, with terms of payment in days; 0 ends the credit.

    Raises LimitOutOfRange, TermsOutOfRange, NotInYuan, DayGone, ReasonMissing, NotABuyer, LimitAskedAlready.
    """
    if not 0 <= limit_fen <= LIMIT_FEN_MAX:
        raise LimitOutOfRange(_("A credit limit is from ¥0 to ¥100 billion."))
    if not 0 <= terms_days <= TERMS_DAYS_MAX:
        raise TermsOutOfRange(_("Terms of payment are from 0 to 365 days."))
    if currency != CURRENCY:
        raise NotInYuan(_("A credit limit is in yuan (CNY), not in %s.") % currency)
    if from_day < now.astimezone(BEIJING).date():
        raise DayGone(_("A limit cannot begin in the past. Choose today or a later day."))
    if not reason.strip():
        raise ReasonMissing(_("Say why: whoever approves it decides by that."))
    participant = Participant.objects.select_for_update().filter(pk=participant_id, buys=True).first()
    if participant is None:
        raise NotABuyer(_("Choose an organisation that buys."))
    if CreditLimit.objects.filter(participant=participant, state=CreditLimit.State.ASKED).exists():
        raise LimitAskedAlready(_("A limit of this buyer waits for a decision. Approve or refuse that one first."))
    limit = CreditLimit.objects.create(
        participant=participant,
        limit_fen=limit_fen,
        currency=currency,
        terms_days=terms_days,
        language=language,
        from_day=from_day,
        reason=reason.strip()[:500],
        asked_by=by,
        asked_at=now,
    )
    _record(limit, "credit_limit.ask", by, now)
    return limit


@transaction.atomic
def approve_limit(*, limit_id: int, by: str, now: datetime) -> CreditLimit:
    """Approve what somebody else has asked for; it is in force at once if its day has come. Raises LimitDecided, SecondPersonNeeded."""
    limit = _asked(limit_id)
    if limit.asked_by.casefold() == by.casefold():
        raise SecondPersonNeeded(_("You asked for this limit. Somebody else has to approve it."))
    return _decide(limit, CreditLimit.State.APPROVED, by, now)


@transaction.atomic
def refuse_limit(*, limit_id: int, by: str, now: datetime) -> CreditLimit:
    """Refuse a limit, or take back one's own; raises LimitDecided."""
    return _decide(_asked(limit_id), CreditLimit.State.REFUSED, by, now)


@transaction.atomic
def apply_limits(*, now: datetime) -> int:
    """Give buyers' accounts the approved limits whose day has come; returns how many. Killed or run twice, nothing changes twice."""
    today = now.astimezone(BEIJING).date()
    due = CreditLimit.objects.filter(state=CreditLimit.State.APPROVED, applied_at=None, from_day__lte=today)
    limits = list(due.select_for_update().order_by("participant_id", "from_day", "pk"))
    for participant_id in dict.fromkeys(limit.participant_id for limit in limits):
        in_force = limit_in_force(participant_id=participant_id, day=today)
        _give(participant_id, in_force.limit_fen if in_force else 0)
    CreditLimit.objects.filter(pk__in=[limit.pk for limit in limits]).update(applied_at=now)
    return len(limits)


def _give(participant_id: int, limit_fen: int) -> None:
    """Set the limit of an account; what is used beyond it may run out and not grow (`overdraft_fen`)."""
    open_accounts(participant_id)
    account = Account.objects.select_for_update(no_key=True).get(participant_id=participant_id, kind=Account.Kind.FUNDS)
    used_fen = account.debits_posted + account.debits_pending - account.credits_posted
    account.credit_fen, account.overdraft_fen = limit_fen, max(limit_fen, used_fen)
    account.save(update_fields=["credit_fen", "overdraft_fen"])


def _asked(limit_id: int) -> CreditLimit:
    limit = (
        CreditLimit.objects.select_for_update(of=("self",))
        .select_related("participant")
        .filter(pk=limit_id, state=CreditLimit.State.ASKED)
        .first()
    )
    if limit is None:
        raise LimitDecided(_("Somebody has decided about this limit meanwhile. Look at it again."))
    return limit


def _decide(limit: CreditLimit, state: CreditLimit.State, by: str, now: datetime) -> CreditLimit:
    limit.state, limit.decided_by, limit.decided_at = state, by, now
    limit.save(update_fields=["state", "decided_by", "decided_at"])
    _record(limit, f"credit_limit.{'approve' if state == CreditLimit.State.APPROVED else 'refuse'}", by, now)
    if state == CreditLimit.State.APPROVED:
        apply_limits(now=now)
        limit.refresh_from_db()
    return limit


def _record(limit: CreditLimit, what: str, by: str, now: datetime) -> None:
    after = {name: getattr(limit, name) for name in _FIELDS}
    record_change(
        who=by, what=what, on=limit, now=now, after=after, participant_id=limit.participant_id, why=limit.reason
    )
