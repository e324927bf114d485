"""The ASGI application of `/live/`: who may connect, from where, and how many."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from marketplace.live.caller import LiveCaller, UnknownKey, find_caller, language_of
from marketplace.live.database import UNREACHABLE, in_database
from marketplace.live.feed import running_feed
from marketplace.live.socket import Socket
from matching.refusal import Refusal

PATH = "/live/"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ForeignOrigin(Refusal):
    """A page of another site tried to connect with its visitor's cookies."""

    code = "foreign_origin"
    sentence = _("Pages of %(origin)s may not connect here. Programs connect without an Origin header.")


class NothingHere(Refusal):
    code = "not_found"
    sentence = _("Live data is at /live/.")


class TooManyConnections(Refusal):
    code = "too_many_connections"
    sentence = _("This server has as many live connections as it takes. Connect again in a minute.")


class NoDatabase(Refusal):
    code = "unavailable"
    sentence = _("Live data is not available now. Connect again in a few seconds.")


STATUS: Mapping[type[Refusal], HTTPStatus] = {
    ForeignOrigin: HTTPStatus.FORBIDDEN,
    NothingHere: HTTPStatus.NOT_FOUND,
    TooManyConnections: HTTPStatus.SERVICE_UNAVAILABLE,
    NoDatabase: HTTPStatus.SERVICE_UNAVAILABLE,
    UnknownKey: HTTPStatus.UNAUTHORIZED,
}

_open: set[Socket] = set()


async def live(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """Serve one WebSocket connection."""
    await receive()  # websocket.connect
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    language = language_of(headers)
    try:
        caller = await admit(scope, headers)
    except Refusal as refusal:
        await refuse(send, refusal, language)
        return
    await send({"type": "websocket.accept"})
    socket = Socket(send=send, caller=caller, language=language, feed=running_feed())
    _open.add(socket)
    try:
        await socket.run(receive)
    finally:
        _open.discard(socket)


async def admit(scope: Mapping[str, Any], headers: Mapping[str, str]) -> LiveCaller:
    """Say for whom a connection acts; raises one of the refusals of STATUS."""
    if scope["path"] != PATH:
        raise NothingHere
    origin = headers.get("origin")
    if origin is not None and not is_own_origin(origin, headers.get("host", "")):
        raise ForeignOrigin(origin=origin[:100])
    if len(_open) >= settings.LIVE_CONNECTIONS_MAX:
        raise TooManyConnections
    try:
        return await in_database(find_caller, headers)
    except UNREACHABLE as error:
        raise NoDatabase from error


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a page of `origin` is ours: of the host it connects to, or one that CSRF_TRUSTED_ORIGINS names.

    Cookies cross sites with WebSockets, so a browser's Origin is the only guard; programs send none.
    """
    return urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


async def refuse(send: Send, refusal: Refusal, language: str) -> None:
    """Answer the handshake with a problem (RFC 9457)."""
    status = STATUS[type(refusal)]
    with translation.override(language):
        detail = str(refusal)
    body = {
        "type": f"urn:suanshi:problem:{refusal.code}",
        "title": status.phrase,
        "status": status.value,
        "code": refusal.code,
        "detail": detail,
    }
    headers = [(b"content-type", b"application/problem+json")]
    await send({"type": "websocket.http.response.start", "status": status.value, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": json.dumps(body, ensure_ascii=False).encode()})
