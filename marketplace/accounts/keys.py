"""API keys: made once, shown once, stored only as a SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from marketplace.accounts.models import ApiKey, Membership, User
from matching.models import Participant

TOKEN_START = "sk_"
PREFIX_LENGTH = 12


class UnableToMakeKey(Exception):
    """The user may not act for whom the key is asked; the message says so."""


def create_api_key(
    *, user: User, participant: Participant | None, name: str, can_trade: bool = True, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key for `user` acting for `participant`, or for finance where that is None; returns it and its token.

    The token cannot be had again. A finance key only reads. Raises UnableToMakeKey.
    """
    if participant is None and not user.is_finance:
        raise UnableToMakeKey(f"{user} is not finance staff.")
    if participant is not None and not Membership.objects.filter(user=user, participant=participant).exists():
        raise UnableToMakeKey(f"{user} is not a member of {participant}.")
    token = TOKEN_START + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        participant=participant,
        name=name,
        prefix=token[:PREFIX_LENGTH],
        digest=digest_of(token),
        can_trade=can_trade and participant is not None,
        created_at=now,
    )
    return key, token


def find_api_key(token: str) -> ApiKey | None:
    """Find the key of a token if it still works: not revoked, its user active and still allowed to act so."""
    key = (
        ApiKey.objects.filter(digest=digest_of(token), revoked_at=None, user__is_active=True)
        .select_related("user", "participant")
        .first()
    )
    if key is None:
        return None
    if key.participant_id is None:
        return key if key.user.is_finance else None
    is_member = Membership.objects.filter(user_id=key.user_id, participant_id=key.participant_id).exists()
    return key if is_member else None


def revoke_api_key(*, key: ApiKey, now: datetime) -> None:
    """Let the key work no more; a second time changes nothing."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)


def digest_of(token: str) -> str:
    """Hash a token for storing; it is random enough that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
