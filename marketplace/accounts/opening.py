"""Opening an organisation, so that its first member may trade."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from billing.funds import open_accounts
from marketplace.accounts.models import Membership, User
from matching.models import Participant


@transaction.atomic
def open_organisation(*, user: User, name: str, name_zh: str, provides: bool, now: datetime) -> Participant:
    """Create a participant that buys (and provides, if asked), its accounts, and `user`'s membership."""
    participant = Participant.objects.create(
        slug=_free_slug(name), name=name, name_zh=name_zh, provides=provides, created_at=now
    )
    open_accounts(participant.pk)
    Membership.objects.create(user=user, participant=participant)
    return participant


def _free_slug(name: str) -> str:
    """A slug from the name; a short random tail where the name has no Latin letters or the slug is taken."""
    base = slugify(name)[:60]
    if base and not Participant.objects.filter(slug=base).exists():
        return base
    return f"{base or 'org'}-{secrets.token_hex(4)}"
