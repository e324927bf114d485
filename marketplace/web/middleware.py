"""The time zone in which pages show times."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

HOUSE_TIME_ZONE = "Asia/Shanghai"
"""For visitors, and for people whose stored zone this machine does not know."""

Handler = Callable[[HttpRequest], HttpResponse]


def time_zone_middleware(get_response: Handler) -> Handler:
    """Show times in the person's zone, Beijing time for visitors; stands after AuthenticationMiddleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "time_zone", HOUSE_TIME_ZONE)
        with timezone.override(_zone(name)):
            return get_response(request)

    return middleware


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(HOUSE_TIME_ZONE)
