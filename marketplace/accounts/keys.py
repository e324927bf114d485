"""API keys: made once, shown once, stored only as a SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from marketplace.accounts.models import ApiKey, Membership, User
from matching.changes import record_change
from matching.models import Participant
from matching.prepared import prepared_cursor

M = TypeVar("M", bound=Model)

TOKEN_START = "sk_"
PREFIX_LENGTH = 12


class UnableToMakeKey(Exception):
    """The user may not act for whom the key is asked, or not so far; the message says so."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a key acts and what it may do there; `participant` is None for the exchange's own people."""

    acts_for: ApiKey.ActsFor
    may: ApiKey.May
    participant: Participant | None = None


def scopes_of(*, user: User, participant: Participant | None) -> list[Scope]:
    """Return the scopes that `user` may give a key: for `participant`, for finance and for operations, the narrowest first."""
    acts_for, may = ApiKey.ActsFor, ApiKey.May
    granted = [
        (acts_for.ORGANISATION, may.READ, participant is not None),
        (acts_for.ORGANISATION, may.CHANGE, participant is not None),
        (acts_for.FINANCE, may.READ, user.is_finance),
        (acts_for.FINANCE, may.CHANGE, user.books),
        (acts_for.FINANCE, may.APPROVE, user.approves),
        (acts_for.OPERATIONS, may.READ, user.is_staff),
        (acts_for.OPERATIONS, may.CHANGE, user.is_staff),
    ]
    return [
        Scope(role, what, participant if role is acts_for.ORGANISATION else None)
        for role, what, is_granted in granted
        if is_granted
    ]


@transaction.atomic
def create_api_key(
    *,
    user: User,
    participant: Participant | None = None,
    acts_for: str = ApiKey.ActsFor.ORGANISATION,
    may: str = ApiKey.May.CHANGE,
    name: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key for `user` within one of `scopes_of`; returns it and its token, which cannot be had again.

    What the user may do is asked again at each call, so a key never does more than its person. Raises UnableToMakeKey.
    """
    if participant is not None and not Membership.objects.filter(user=user, participant=participant).exists():
        raise UnableToMakeKey(f"{user} is not a member of {participant}.")
    scope = Scope(ApiKey.ActsFor(acts_for), ApiKey.May(may), participant)
    if scope not in scopes_of(user=user, participant=participant):
        raise UnableToMakeKey(f"{user} may give no key that may {may} for {participant or acts_for}.")
    token = TOKEN_START + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        acts_for=acts_for,
        participant=participant,
        may=may,
        name=name,
        prefix=token[:PREFIX_LENGTH],
        digest=digest_of(token),
        created_at=now,
    )
    after = {"acts_for": key.acts_for, "may": key.may}
    record_change(who=user.email, what="api_key.make", on=key, after=after, participant_id=key.participant_id, now=now)
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
    is_allowed = {
        ApiKey.ActsFor.ORGANISATION.value: is_member,
        ApiKey.ActsFor.FINANCE.value: user.is_finance,
        ApiKey.ActsFor.OPERATIONS.value: user.is_staff,
    }
    return key if is_allowed[key.acts_for] else None


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
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            record_change(who=key.user.email, what="api_key.revoke", on=key, participant_id=key.participant_id, now=now)


def digest_of(token: str) -> str:
    """Hash a token for storing; it is random enough that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
