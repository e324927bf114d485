"""Django behind ASGI, each request in one thread of a pool from its beginning to its end.

Django's own ASGI handler runs views and middleware that are not coroutines, as all of ours, in a new thread each request and
crosses between it and the event loop six times. Here a request crosses once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import IO, Any

import django
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse, HttpResponseBase
from django.urls import set_script_prefix

Message = dict[str, Any]


class ThreadedHandler(ASGIHandler):
    """An ASGI application for HTTP; `settings.WEB_THREADS` requests run at once, more wait their turn."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()
        self._threads = ThreadPoolExecutor(settings.WEB_THREADS, thread_name_prefix="web")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, whose client may go away meanwhile."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()

        def send_from_thread(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(send(message), loop).result()

        serve = partial(copy_context().run, self._serve, scope, body, send_from_thread)
        for message in await loop.run_in_executor(self._threads, serve):
            await send(message)

    def _serve(self, scope: dict[str, Any], body: IO[bytes], send: Callable[[Message], None]) -> Iterable[Message]:
        """Answer a request and return what is left to send: all of it, or the end of a response that has been streamed."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        with body:
            request, refused = self.create_request(scope, body)
            response: Any = refused if request is None else self.get_response(request)
            response._handler_class = type(self)  # as the signal of its closing names its sender
            try:
                return self._stream(response, send) if response.streaming else (head_of(response), body_of(response))
            finally:
                response.close()

    def _stream(self, response: Any, send: Callable[[Message], None]) -> Iterable[Message]:
        """Send each part as it is made, at the client's speed."""
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        send(head_of(response))
        for part in response:
            send({"type": "http.response.body", "body": response.make_bytes(part), "more_body": True})
        return ({"type": "http.response.body"},)


def head_of(response: HttpResponseBase) -> Message:
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [(b"Set-Cookie", morsel.OutputString().encode("ascii")) for morsel in response.cookies.values()]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers + cookies}


def body_of(response: Any) -> Message:
    return {"type": "http.response.body", "body": response.content}


def make_handler() -> ThreadedHandler:
    """Set Django up and return its handler."""
    django.setup(set_prefix=False)
    return ThreadedHandler()
