"""Kills real processes of a demo while clients trade over HTTP and write down what was acknowledged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psutil
import requests
from django.conf import settings

from tests.house.demo import Demo

VICTIMS = {"backend": 8, "postmaster": 2, "matcher": 5, "web": 2, "clock": 2, "worker": 2, "beat": 1}
"""Who is killed, and how often for its size: what takes long to start again is killed less often."""

MARKS = {
    "matcher": {"manage.py", "matcher"},
    "clock": {"manage.py", "clock"},
    "web": {"uvicorn"},
    "worker": {"celery", "worker"},
    "beat": {"celery", "beat"},
}

MAKE_KEYS = """
import json
from django.utils import timezone
from marketplace.accounts.keys import create_api_key
from marketplace.accounts.models import Membership, User
from matching.models import Market, Site
keys = {}
for role in ("buyer", "provider"):
    user = User.objects.get(email=f"{role}@demo.example")
    participant = Membership.objects.get(user=user).participant
    keys[role] = create_api_key(user=user, participant=participant, name="kills", now=timezone.now())[1]
    keys[role + "_id"] = participant.pk
sites = Site.objects.filter(provider_id=keys["provider_id"]).select_related("market")
keys["sites"] = [[site.slug, site.market.symbol, site.market.tick_fen, site.market.lot, site.market.reference_price_fen or 1000] for site in sites]
print(json.dumps(keys))
"""


def run_manage(demo: Demo, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a manage.py command on the demo's data."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**environment, "SUANSHI_VAR": str(demo.var_dir), "DEBUG": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def make_keys(demo: Demo) -> dict[str, Any]:
    """Make an API key for the demo's buyer and for its provider, and name the provider's sites."""
    made = run_manage(demo, "shell", "--no-imports", "-c", MAKE_KEYS)
    assert made.returncode == 0, made.stderr
    keys: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return keys


@dataclass
class Client(threading.Thread):
    """Places and cancels orders until told to stop, sends each again until it is answered, and keeps what it was told."""

    number: int
    url: str
    token: str
    side: str
    sites: list[list[Any]]
    first_hour: int
    stop: threading.Event
    acknowledged: dict[str, int] = field(default_factory=dict)  # order ids by client_order_id
    refused: Counter[str] = field(default_factory=Counter)
    cancelled: set[int] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    again: int = 0
    contradictions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Become a thread."""
        super().__init__(daemon=True)
        self._chance = Random(self.number)
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self.token}"

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Trade."""
        count = 0
        while not self.stop.is_set():
            count += 1
            if self.acknowledged and self._chance.random() < 0.15:
                self._cancel(self._chance.choice(list(self.acknowledged.values())))
            else:
                self._place(f"kill-{self.number}-{count}")
            time.sleep(self._chance.uniform(0, 0.1))

    def _place(self, name: str) -> None:
        self.sent.add(name)
        site, market, tick, lot, reference = self._chance.choice(self.sites)
        body = {
            "client_order_id": name,
            "market": market,
            "side": self.side,
            "kind": self._chance.choice(("hourly", "block")),
            "start": self.first_hour + self._chance.randrange(24),
            "hours": self._chance.randint(1, 4),
            "quantity": lot,
            "price_fen": max(1, round(reference * self._chance.uniform(0.9, 1.1)) // tick) * tick,
            **({"site": site} if self.side == "ask" else {}),
        }
        answer = self._insist("POST", "orders", body)
        if answer.status_code not in (200, 201):
            self.refused[str(answer.json().get("code"))] += 1
        elif self.acknowledged.setdefault(name, answer.json()["id"]) != answer.json()["id"]:
            self.contradictions.append(f"{name} is order {self.acknowledged[name]} and {answer.json()['id']}")

    def _cancel(self, order_id: int) -> None:
        if self._insist("DELETE", f"orders/{order_id}").status_code == 202:
            self.cancelled.add(order_id)

    def _insist(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """Send a request until there is an answer of the exchange's, not of a server in trouble."""
        while True:
            try:
                answer = self._session.request(method, f"{self.url}api/v1/{path}", json=body, timeout=20)
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            except requests.RequestException:
                pass
            self.again += 1
            time.sleep(0.1)


def victims(demo: Demo) -> dict[str, list[psutil.Process]]:
    """Return the demo's running processes by kind, without kinds of which none runs."""
    found: dict[str, list[psutil.Process]] = {}
    for process in demo.family():
        try:
            kind = kind_of(process)
        except psutil.Error:
            continue
        if kind is not None:
            found.setdefault(kind, []).append(process)
    for postmaster in found.get("postmaster", []):
        try:
            backends = [child for child in postmaster.children() if "suanshi" in " ".join(child.cmdline())]
        except psutil.Error:
            continue
        if backends:
            found["backend"] = backends
    return found


def kind_of(process: psutil.Process) -> str | None:
    """Say what a process of the demo is, None for its supervisor and for what a program has started."""
    command = process.cmdline()
    if process.name() == "postgres":
        return "postmaster" if "-D" in command else None
    if any(part.endswith("tied_process") for part in command):
        return None  # about to become what it is to be
    names = {os.path.basename(part) for part in command[:8]}
    return next((kind for kind, marks in MARKS.items() if marks <= names), None)
