"""One look at one page by a machine: errors in its console, what axe-core finds, and whether it is wider than a small phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Page, Request

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}
NARROWEST_PX = 320
"""The width at which WCAG 2.2 asks a page to do without sideways scrolling (1.4.10 Reflow)."""

RUN_AXE = "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"


WIDE = """() => [...document.querySelectorAll('main *, header *')]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth && !e.closest('.table-scroll *'))
    .slice(-4).map(e => e.tagName.toLowerCase() + (e.className ? '.' + String(e.className).split(' ')[0] : ''))"""
"""The innermost elements that reach over the edge."""


class Watcher:
    """Collects what a page complains of: errors of scripts and the console, and requests that leave this site."""

    def __init__(self, page: Page, address: str) -> None:
        self.complaints: list[str] = []
        self._address = address
        page.on("console", lambda message: self._complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("request", self._check_address)

    def _complain(self, text: str) -> None:
        self.complaints.append(f"console: {text}")

    def _check_address(self, request: Request) -> None:
        here = self._address.partition("://")[2]
        if not re.match(
            rf"(https?|wss?)://{re.escape(here)}(/|$)|data:|blob:|about:|chrome:|chrome-extension:", request.url
        ):
            self.complaints.append(f"asks {request.url}")

    def take(self) -> list[str]:
        """Return the complaints since the last time."""
        taken, self.complaints = self.complaints, []
        return taken


def faults_of(page: Page, watcher: Watcher, address: str, *, status: int) -> Iterator[str]:
    """Open `address` and yield a sentence a fault."""
    response = page.goto(address, wait_until="load")
    if response is None or response.status != status:
        yield f"answered {response.status if response else 'nothing'}, not {status}"
        return
    page.wait_for_timeout(300)  # charts draw themselves after load
    if status == 200:
        yield from watcher.take()
    watcher.take()
    yield from _axe_faults(page)
    yield from _overflow(page)


def _axe_faults(page: Page) -> Iterator[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(RUN_AXE, RULES)
    for violation in found["violations"]:
        if violation["impact"] in GRAVE:
            places = "; ".join(str(node["target"][0]) for node in violation["nodes"][:3])
            yield f"axe {violation['id']} ({violation['impact']}): {violation['help']} at {places}"


def _overflow(page: Page) -> Iterator[str]:
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": NARROWEST_PX, "height": size["height"]})
    page.wait_for_timeout(150)  # charts follow their boxes
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wide = page.evaluate(WIDE) if over > 0 else []
    page.set_viewport_size(size)
    if over > 0:
        yield f"{over} px wider than {NARROWEST_PX} px: {', '.join(wide)}"
