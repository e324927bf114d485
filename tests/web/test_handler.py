"""How requests pass from ASGI to Django and back: bodies and cookies whole, long answers in parts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from marketplace.handler import ThreadedHandler

PARTS = 5
made: list[int] = []


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(f"{request.method} {request.GET['name']} ".encode() + request.body)
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for number in range(PARTS):
            made.append(number)
            yield f"{number}\n"

    return StreamingHttpResponse(parts())


def defect(request: HttpRequest) -> HttpResponse:
    raise ValueError("a defect")


urlpatterns = [path("echo", echo), path("stream", stream), path("defect", defect)]


def ask(target: str, *, method: str = "GET", body: list[bytes] | None = None) -> list[dict[str, Any]]:
    """Return the messages of an answer, each streamed part beside how many had been made when it was sent."""
    address, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": address,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
    }
    chunks = body or [b""]
    incoming = [{"type": "http.request", "body": part, "more_body": part is not chunks[-1]} for part in chunks]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append({**message, "made": len(made)})

    # In a thread of its own: the browser tests leave a loop running in this one.
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]), ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, ThreadedHandler()(scope, receive, send)).result()
    return sent


def test_a_request_and_its_answer_pass_whole() -> None:
    head, body = ask("/echo?name=%E7%AE%97", method="POST", body=[b"one ", b"two"])
    assert head["status"] == 200
    assert [value for name, value in head["headers"] if name == b"Set-Cookie"] == [
        b"first=1; Path=/",
        b"second=2; Path=/",
    ]
    assert body["body"].decode() == "POST 算 one two"
    assert not body.get("more_body")


def test_a_long_answer_is_sent_part_by_part() -> None:
    made.clear()
    head, *parts, end = ask("/stream")
    assert (head["status"], head["made"]) == (200, 0)
    assert [(part["body"], part["made"]) for part in parts] == [(b"%d\n" % n, n + 1) for n in range(PARTS)]
    assert all(part["more_body"] for part in parts)
    assert not end.get("more_body")


def test_a_defect_answers_500_and_the_next_request_is_served() -> None:
    assert ask("/defect")[0]["status"] == 500
    assert ask("/echo?name=x")[0]["status"] == 200
