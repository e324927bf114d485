"""Which version of a buyer's credit limit holds on a day."""

from __future__ import annotations

from datetime import date

from billing.models import CreditLimit


def limit_in_force(*, participant_id: int, day: date) -> CreditLimit | None:
    """Return the version of a buyer's limit that holds on a Beijing day; None for one who prepays."""
    approved = CreditLimit.objects.filter(participant_id=participant_id, state=CreditLimit.State.APPROVED)
    return approved.filter(from_day__lte=day).order_by("-from_day", "-pk").first()
