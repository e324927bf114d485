"""New versions of VAT rates and of participants' tax codes. They start with an invoice period that nothing has touched yet,
since a period has one rate and the money held for it counts with that rate."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from billing import versions
from billing.ledger import lock_accounts
from billing.models import Account, Rate, TaxStatus
from billing.period import date_of, period_of

# The end of the last hour that a buyer's holds or periods reach, of all buyers or of one.
_REACHED = """
SELECT greatest(
    (SELECT max(o.start + o.hours + o.start_flexibility) FROM billing_hold h JOIN matching_order o ON o.id = h.order_id
     WHERE %(participant)s::int IS NULL OR o.participant_id = %(participant)s),
    (SELECT max(a.start + o.hours + a.start_flexibility) FROM billing_hold h
     JOIN matching_alternative a ON a.order_id = h.order_id JOIN matching_order o ON o.id = h.order_id
     WHERE %(participant)s::int IS NULL OR o.participant_id = %(participant)s),
    (SELECT max(start + 168) FROM billing_vatperiod WHERE %(participant)s::int IS NULL OR participant_id = %(participant)s)
)
"""


def earliest_period(*, participant_id: int | None) -> int:
    """Return the first hour of the first invoice period that nothing sold or bid for reaches; 0 where there is nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, {"participant": participant_id})
        (end,) = cursor.fetchone()
    return 0 if end is None else period_of(end + 167)[0]


def propose_vat_rate(*, tax_code: str, bps: int, from_hour: int, reason: str, by: str, now: datetime) -> Rate:
    """Keep a VAT rate from the invoice period of `from_hour` on for a second person to approve.

    Raises RateOutOfRange, VersionTooEarly, ReasonMissing.
    """
    if not 0 <= bps <= 10_000:
        raise versions.RateOutOfRange(_("A VAT rate is between 0 and 100 %."))
    start = period_of(from_hour)[0]
    _check_untouched(start, None)
    rate = Rate(kind=Rate.Kind.VAT, tax_code=tax_code, bps=bps, from_hour=start, reason=reason)
    return versions.propose(rate, by=by, now=now)


def propose_tax_code(
    *, participant_id: int, tax_code: str, from_hour: int, reason: str, by: str, now: datetime
) -> TaxStatus:
    """Keep a buyer's tax code from the invoice period of `from_hour` on for a second person to approve.

    Raises VersionTooEarly, ReasonMissing.
    """
    start = period_of(from_hour)[0]
    _check_untouched(start, participant_id)
    status = TaxStatus(participant_id=participant_id, tax_code=tax_code, from_hour=start, reason=reason)
    return versions.propose(status, by=by, now=now)


@transaction.atomic
def approve_vat_rate(*, rate_id: int, by: str, now: datetime) -> Rate:
    """Put a proposed VAT rate in force; raises VersionDecided, SecondPersonNeeded, VersionTooEarly."""
    rate = versions.locked(Rate, rate_id, kind=Rate.Kind.VAT)
    _lock_buyers(None)
    _check_untouched(rate.from_hour, None)
    return versions.approve(rate, by=by, now=now)


@transaction.atomic
def approve_tax_code(*, status_id: int, by: str, now: datetime) -> TaxStatus:
    """Put a buyer's proposed tax code in force; raises VersionDecided, SecondPersonNeeded, VersionTooEarly."""
    status = versions.locked(TaxStatus, status_id)
    _lock_buyers(status.participant_id)
    _check_untouched(status.from_hour, status.participant_id)
    return versions.approve(status, by=by, now=now)


def _lock_buyers(participant_id: int | None) -> None:
    """Keep bids from being held by the old rate meanwhile: whoever places one locks the account first, then reads the rates."""
    accounts = Account.objects.filter(
        kind__in=[Account.Kind.FUNDS, Account.Kind.OBLIGATIONS], participant__isnull=False
    )
    if participant_id is not None:
        accounts = accounts.filter(participant_id=participant_id)
    lock_accounts(account_ids=list(accounts.values_list("pk", flat=True)))


def _check_untouched(start: int, participant_id: int | None) -> None:
    earliest = earliest_period(participant_id=participant_id)
    if start < earliest:
        raise versions.VersionTooEarly(
            _("Hours of that week are sold or bid for with the rate as it is. The first free week starts on %(day)s.")
            % {"day": date_of(earliest)}
        )
