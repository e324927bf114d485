"""A small Stripe of our own: Checkout sessions with idempotency keys, a page to pay on, and signed events.

It keeps the state that our code depends on and refuses, as Stripe does, what its API would refuse: every request is
checked against the SDK's own typed parameters. Stripe's network is the one thing that the tests replace.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl

import requests
from pydantic import TypeAdapter, ValidationError
from stripe import _request_options
from stripe.params.checkout import SessionCreateParams, _session_create_params

SECRET_KEY, WEBHOOK_SECRET = "sk_test_suanshi", "whsec_test_suanshi"
API_VERSION = "2026-01-28"
EXPIRES_IN_S = (30 * 60 - 60, 24 * 3600)
"""A session's page may stay open for 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create)."""

_create_params: TypeAdapter[SessionCreateParams] = TypeAdapter(SessionCreateParams)
# The SDK's names, for the hints that it quotes; what only a response or Connect has does not come in by HTTP.
_names = {
    **vars(_request_options),
    **vars(_session_create_params),
    "StripeContext": str,
    "UntypedStripeObject": list,
}
_create_params.rebuild(_types_namespace=_names)


class Refused(Exception):
    """What Stripe answers with an error: the status, the error's type and its message."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


class StripeServer:
    """State and behaviour; `events_url` is where events go, `fails` makes the next calls fail before or after they take effect."""

    def __init__(self) -> None:
        self.url = ""
        self.events_url: str | None = None
        self.sessions: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.fails: list[str] = []  # "before", "after", for one call each
        self._replies: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self._lock = Lock()

    # The API

    def create_session(self, body: bytes, idempotency_key: str) -> dict[str, Any]:
        """POST /v1/checkout/sessions."""
        with self._lock:
            if idempotency_key in self._replies:
                first_body, reply = self._replies[idempotency_key]
                if first_body != body:
                    raise Refused(400, "idempotency_error", "Keys for idempotent requests can only be used once.")
                return reply
            params = self._checked(nested(body))
            number = f"cs_test_{len(self.sessions) + 1:04}"
            amount = sum(i["price_data"]["unit_amount"] * i["quantity"] for i in params["line_items"])
            session = {
                "id": number,
                "object": "checkout.session",
                "amount_total": amount,
                "currency": params["line_items"][0]["price_data"]["currency"],
                "client_reference_id": params.get("client_reference_id"),
                "metadata": params.get("metadata", {}),
                "expires_at": params["expires_at"],
                "payment_status": "unpaid",
                "status": "open",
                "success_url": params["success_url"],
                "cancel_url": params["cancel_url"],
                "url": f"{self.url}/pay/{number}",
            }
            self.sessions[number] = session
            self._replies[idempotency_key] = body, dict(session)
            return session

    def _checked(self, given: dict[str, Any]) -> dict[str, Any]:
        try:
            params: dict[str, Any] = dict(_create_params.validate_python(given, extra="forbid"))
        except ValidationError as error:
            raise Refused(400, "invalid_request_error", str(error)) from error
        amount = sum(i["price_data"]["unit_amount"] * i["quantity"] for i in params.get("line_items", ()))
        if not 400 <= amount <= 99_999_999:
            raise Refused(400, "invalid_request_error", "The total amount is too small or too large.")
        if not EXPIRES_IN_S[0] <= params["expires_at"] - time.time() <= EXPIRES_IN_S[1]:
            raise Refused(400, "invalid_request_error", "The expires_at must be within 30 minutes and 24 hours.")
        return params

    def retrieve_session(self, number: str) -> dict[str, Any]:
        """GET /v1/checkout/sessions/:id."""
        if number not in self.sessions:
            raise Refused(404, "invalid_request_error", f"No such checkout session: {number}")
        return self.sessions[number]

    # What payers, banks and time do

    def pay(self, number: str) -> dict[str, Any]:
        """Pay by card: the session is complete and paid at once; returns the event, delivered if there is an address."""
        self.sessions[number].update(status="complete", payment_status="paid")
        return self._tell("checkout.session.completed", number)

    def pay_later(self, number: str) -> dict[str, Any]:
        """Pay in a way that takes days."""
        self.sessions[number].update(status="complete")
        return self._tell("checkout.session.completed", number)

    def money_arrives(self, number: str) -> dict[str, Any]:
        """End a delayed payment well."""
        self.sessions[number].update(payment_status="paid")
        return self._tell("checkout.session.async_payment_succeeded", number)

    def payment_bounces(self, number: str) -> dict[str, Any]:
        """End a delayed payment badly."""
        return self._tell("checkout.session.async_payment_failed", number)

    def expire(self, number: str) -> dict[str, Any]:
        """Close the page without a payment."""
        self.sessions[number].update(status="expired", url=None)
        return self._tell("checkout.session.expired", number)

    def _tell(self, kind: str, number: str) -> dict[str, Any]:
        event = {
            "id": f"evt_{len(self.events) + 1:04}",
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "type": kind,
            "data": {"object": dict(self.sessions[number])},
        }
        self.events.append(event)
        if self.events_url:
            payload, signature = signed(event)
            requests.post(self.events_url, data=payload, headers={"Stripe-Signature": signature}, timeout=10)
        return event


def signed(event: dict[str, Any], *, secret: str = WEBHOOK_SECRET, age_s: int = 0) -> tuple[bytes, str]:
    """Return an event's bytes and its Stripe-Signature (docs.stripe.com/webhooks#verify-manually)."""
    payload = json.dumps(event).encode()
    at = int(time.time()) - age_s
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return payload, f"t={at},v1={digest}"


def nested(body: bytes) -> dict[str, Any]:
    """Read `a[b][0][c]=1` as Stripe does."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body)):
        *path, last = re.findall(r"[^\[\]]+", name)
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return lists_of(tree)  # type: ignore[no-any-return]


def lists_of(node: Any) -> Any:
    """Turn what is numbered from 0 into lists."""
    if not isinstance(node, dict):
        return node
    values = {name: lists_of(value) for name, value in node.items()}
    return list(values.values()) if list(values) == [str(i) for i in range(len(values))] and values else values


class Handler(BaseHTTPRequestHandler):
    """HTTP in front of one StripeServer."""

    stripe: StripeServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if paid := re.fullmatch(r"/pay/(\w+)", self.path):
            session = self.stripe.sessions[paid[1]]
            self.stripe.pay(paid[1])
            self._send(303, b"", {"Location": session["success_url"]})
            return
        self._answer(lambda: self.stripe.create_session(body, self.headers.get("Idempotency-Key", "")))

    def do_GET(self) -> None:
        if page := re.fullmatch(r"/pay/(\w+)", self.path):
            session = self.stripe.sessions[page[1]]
            html = (
                f"<h1>{session['amount_total']} {session['currency']}</h1><form method=post><button>Pay</button></form>"
                f"<a href='{session['cancel_url']}'>Back</a>"
            )
            self._send(200, html.encode(), {"Content-Type": "text/html"})
            return
        self._answer(lambda: self.stripe.retrieve_session(self.path.rpartition("/")[2]))

    def _answer(self, call: Any) -> None:
        fails = self.stripe.fails.pop(0) if self.stripe.fails else ""
        try:
            if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
                raise Refused(401, "invalid_request_error", "Invalid API Key provided.")
            if fails == "before":
                raise Refused(500, "api_error", "Something went wrong.")
            if not re.match(r"/v1/checkout/sessions(/\w+)?$", self.path):
                raise Refused(404, "invalid_request_error", f"Unrecognized request URL ({self.path}).")
            answer = call()
            if fails == "after":
                raise Refused(500, "api_error", "Something went wrong.")
        except Refused as refused:
            error = {"error": {"type": refused.kind, "message": refused.message}}
            # As Stripe asks its SDK, so that a test meets the failure and not the retry.
            self._send(refused.status, json.dumps(error).encode(), {"Stripe-Should-Retry": "false"})
            return
        self._send(200, json.dumps(answer).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def stripe_server() -> Iterator[StripeServer]:
    """Serve a fresh Stripe on a free port."""
    state = StripeServer()
    handler = type("BoundHandler", (Handler,), {"stripe": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
