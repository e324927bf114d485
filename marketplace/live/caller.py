"""Who connects: a person by the session cookie of the pages, a program by its API key, or anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.acting import acting_participant
from marketplace.accounts.keys import find_api_key
from marketplace.accounts.models import ApiKey, Membership
from matching.models import Participant
from matching.refusal import Refusal


class UnknownKey(Refusal):
    """The handshake carries a key that does not work."""

    code = "unknown_key"
    sentence = _("This API key is unknown or has been revoked. Make a new one under your account.")


@dataclass(frozen=True, slots=True)
class LiveCaller:
    """For whom a connection acts, and by what it may; a visitor acts for nobody."""

    participant: Participant | None = None
    user_id: int | None = None
    session_key: str | None = None
    api_key_id: int | None = None


def find_caller(headers: Mapping[str, str]) -> LiveCaller:
    """Find who sends these headers; raises UnknownKey."""
    scheme, _space, token = headers.get("authorization", "").partition(" ")
    if scheme:
        key = find_api_key(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise UnknownKey
        return LiveCaller(participant=key.participant, user_id=key.user_id, api_key_id=key.pk)
    session_key = _cookie(headers.get("cookie", ""), settings.SESSION_COOKIE_NAME)
    return _of_session(session_key) if session_key else LiveCaller()


def _of_session(session_key: str) -> LiveCaller:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request.user = get_user(request)
    if not request.user.is_authenticated:
        return LiveCaller()
    return LiveCaller(participant=acting_participant(request), user_id=request.user.pk, session_key=session_key)


def _cookie(header: str, name: str) -> str | None:
    cookies = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        return None
    return cookies[name].value if name in cookies else None


def still_allowed(callers: Iterable[LiveCaller]) -> set[LiveCaller]:
    """Return those that may still act as they do: signed in or with a key that works, and members; three statements for all."""
    those = {caller for caller in callers if caller.participant is not None}
    members = set(
        Membership.objects.filter(user_id__in={c.user_id for c in those}, user__is_active=True).values_list(
            "user_id", "participant_id"
        )
    )
    keys = set(
        ApiKey.objects.filter(pk__in={c.api_key_id for c in those if c.api_key_id}, revoked_at=None).values_list(
            "pk", flat=True
        )
    )
    sessions = set(
        Session.objects.filter(
            session_key__in={c.session_key for c in those if c.session_key}, expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return {
        caller
        for caller in those
        if (caller.user_id, cast(Participant, caller.participant).pk) in members
        and (caller.api_key_id in keys or caller.session_key in sessions)
    }


def language_of(headers: Mapping[str, str]) -> str:
    """Choose the language of sentences as the pages do: by cookie, then by Accept-Language."""
    request = HttpRequest()
    request.COOKIES = {
        settings.LANGUAGE_COOKIE_NAME: _cookie(headers.get("cookie", ""), settings.LANGUAGE_COOKIE_NAME) or ""
    }
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get("accept-language", "")
    return get_language_from_request(request)
