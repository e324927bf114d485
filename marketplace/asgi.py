"""The ASGI application: `uvicorn marketplace.asgi:application`. HTTP is Django's, WebSockets are live data."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from marketplace.handler import make_handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

pages = make_handler()

from marketplace.embedded.attachment import attach_embedded_database  # noqa: E402  (needs the settings)
from marketplace.live.application import live  # noqa: E402
from matching.engines import make_engine  # noqa: E402


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Serve one connection."""
    await (live if scope["type"] == "websocket" else pages)(scope, receive, send)


attach_embedded_database()
make_engine()  # loads the kernel now, not in somebody's first preview
