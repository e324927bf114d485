"""Logins for looking around in a database that a replay has kept."""

from __future__ import annotations

import secrets

from django.db import transaction

from marketplace.accounts.models import Membership, User
from matching.models import Participant

LOGINS = ("buyer@replay.example", "provider@replay.example", "finance@replay.example")


@transaction.atomic
def create_logins() -> str:
    """Create one person who acts for all buyers, one for all providers, and finance; returns their common password."""
    password = secrets.token_urlsafe(12)
    buyer, provider, finance = (User.objects.create_user(email, password) for email in LOGINS)
    User.objects.filter(pk=finance.pk).update(finance_role=User.FinanceRole.FINANCE)
    for user, side in ((buyer, {"buys": True}), (provider, {"provides": True})):
        Membership.objects.bulk_create(
            Membership(user=user, participant=participant)
            for participant in Participant.objects.filter(**side).order_by("slug")
        )
    return password
