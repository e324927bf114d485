"""API keys: made once, shown once, stored only as a SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from marketplace.accounts.models import ApiKey, Membership, User
from matching.models import Participant
from matching.prepared import prepared_cursor

M = TypeVar("M", bound=Model)

TOKEN_START = "sk_"
PREFIX_LENGTH = 12


class UnableToMakeKey(Exception):
    """The user may not act for whom the key is asked; the message says so."""


def create_api_key(
    *, user: User, participant: Participant | None, name: str, can_trade: bool = True, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key for `user` acting for `participant`, or for finance where that is None; returns it and its token.

    The token cannot be had again. A finance key that trades may book what its user may; those made on the pages only read.
    Raises UnableToMakeKey.
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
        can_trade=can_trade,
        created_at=now,
    )
    return key, token


def find_api_key(token: str) -> ApiKey | None:
    """Find the key of a token if it still works: not revoked, its user active and still allowed to act so; one statement."""
    with prepared_cursor() as cursor:
        cursor.execute(find_statement(), [digest_of(token)])
        row = cursor.fetchone()
    if row is None:
        return None
    *values, is_member = row
    key, user, participant = _instance(ApiKey, values), _instance(User, values), _instance(Participant, values)
    key.user, key.participant = user, participant if key.participant_id is not None else None
    return key if (user.is_finance if key.participant is None else is_member) else None


@cache
def find_statement() -> str:
    """Return the statement that reads a key, its user and its organisation; every call of the API begins with it."""
    columns = ", ".join(
        f"{alias}.{field.column}"
        for alias, model in (("k", ApiKey), ("u", User), ("p", Participant))
        for field in model._meta.concrete_fields
    )
    return f"""
        SELECT {columns}, EXISTS (
            SELECT FROM accounts_membership m WHERE m.user_id = k.user_id AND m.participant_id = k.participant_id
        )
        FROM accounts_apikey k
        JOIN accounts_user u ON u.id = k.user_id AND u.is_active
        LEFT JOIN matching_participant p ON p.id = k.participant_id
        WHERE k.digest = %s AND k.revoked_at IS NULL
    """


def _instance(model: type[M], values: list[Any]) -> M:
    """Take a model's values off the front of a row."""
    names = [field.attname for field in model._meta.concrete_fields]
    taken, values[:] = values[: len(names)], values[len(names) :]
    return model.from_db(connection.alias, names, taken)


def revoke_api_key(*, key: ApiKey, now: datetime) -> None:
    """Let the key work no more; a second time changes nothing."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)


def digest_of(token: str) -> str:
    """Hash a token for storing; it is random enough that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
