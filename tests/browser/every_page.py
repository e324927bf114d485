"""One look at one page by a machine: errors in its console, what axe-core finds, English on a Chinese page, and whether it is wider than a
small phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import BrowserContext, Page, Request

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

LAPTOP_PX = 1280
"""The width at which the bar with the longest words still has to hold them side by side."""

COVERED = """() => [...document.querySelectorAll('.topbar a, .topbar button, .topbar summary')].filter(e => {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest('.menu-panel')) return false;
    const seen = [box.left + 3, box.right - 3].map(x => document.elementFromPoint(x, box.top + box.height / 2));
    return !seen.every(at => e.contains(at));
}).map(e => e.textContent.trim())"""
"""What something else of the top bar lies over."""


ENGLISH = r"""() => {
    if (!document.documentElement.lang.startsWith("zh")) return [];
    const said = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent.closest("script, style, noscript, code, pre, kbd, textarea, [lang=en], [translate=no]")) said.push(walker.currentNode.data);
    }
    for (const element of document.body.querySelectorAll("[title], [aria-label], [placeholder]")) {
        if (!element.closest("[lang=en]")) said.push(element.title, element.ariaLabel ?? "", element.placeholder ?? "");
    }
    return [...new Set(said.filter((text) => /\b[a-z]{2,} [a-z]{2,}\b/.test(text)).map((text) => text.trim().slice(0, 80)))];
}"""
"""Texts of a Chinese page that have two English words in a row; names have capitals."""


def faults_of(context: BrowserContext, site: str, address: str, *, status: int) -> Iterator[str]:
    """Open `address`, a page of the site, and yield a sentence a fault.

    It has a tab of its own, so nothing that another page complains of late is taken for its own.
    """
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"console: {error}"))
    page.on("request", lambda request: complaints.extend(_leaves(request, site)))
    response = page.goto(address, wait_until="load")
    page.wait_for_timeout(300)  # charts draw themselves after load
    if response is None or response.status != status:
        yield f"answered {response.status if response else 'nothing'}, not {status}"
    else:
        yield from (f"English: {text}" for text in page.evaluate(ENGLISH))
        yield from axe_faults(page)
        yield from _overflow(page)
        yield from _covered(page)
        # The browser itself logs an answer of 403 or 404 as an error.
        yield from complaints if status == 200 else ()
    page.close()


def _leaves(request: Request, site: str) -> Iterator[str]:
    """Say so where a request leaves this site."""
    here = re.escape(site.partition("://")[2])
    if not re.match(rf"(https?|wss?)://{here}(/|$)|data:|blob:|about:|chrome:|chrome-extension:", request.url):
        yield f"asks {request.url}"


def axe_faults(page: Page) -> Iterator[str]:
    """Yield what axe-core calls serious or critical in a page as it stands; nothing where axe-core is not installed."""
    if not AXE.is_file():
        return
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(RUN_AXE, RULES)
    for violation in found["violations"]:
        if violation["impact"] in GRAVE:
            places = "; ".join(str(node["target"][0]) for node in violation["nodes"][:3])
            yield f"axe {violation['id']} ({violation['impact']}): {violation['help']} at {places}"


def _overflow(page: Page) -> Iterator[str]:
    with _as_wide_as(page, NARROWEST_PX):
        page.wait_for_timeout(150)  # charts follow their boxes
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wide = page.evaluate(WIDE) if over > 0 else []
    if over > 0:
        yield f"{over} px wider than {NARROWEST_PX} px: {', '.join(wide)}"


def _covered(page: Page) -> Iterator[str]:
    with _as_wide_as(page, LAPTOP_PX):
        covered = page.evaluate(COVERED)
    yield from (f"lies under something else at {LAPTOP_PX} px: {text}" for text in covered)


@contextmanager
def _as_wide_as(page: Page, width: int) -> Iterator[None]:
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": width, "height": size["height"]})
    yield
    page.set_viewport_size(size)
