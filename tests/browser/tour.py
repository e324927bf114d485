"""The pictures of docs/tour.md, of a running demo: `make tour`, or

    python -m tests.browser.tour http://127.0.0.1:8000 docs/tour

Each stop is one page as one person sees it; the tour's text names the pictures. WebP as Chromium writes it, each below 150 KB.
"""

from __future__ import annotations

import base64
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.chromium import run_chromium
from tests.browser.pictures import LANGUAGES, sign_in

BYTES_MAX = 150_000
QUALITY = 82
JOBS = [
    f"/buy/?compute_class={compute_class}&hub={hub}&accelerators=8&hours={hours}&flexibility={flexibility}&price=best"
    for flexibility in (6, 24)
    for hours in (24, 12, 6)
    for compute_class, hub in (
        ("H800-80G", "yangtze-delta"),
        ("H800-80G", "jing-jin-ji"),
        ("A100-SXM4-80G", "yangtze-delta"),
    )
]
"""The market lives: the tour takes the first of these that fills for less than it might."""
MARKET = "/markets/A100-SXM4-80G.yangtze-delta/"


@dataclass(frozen=True, slots=True)
class Stop:
    """One picture: a page of somebody, by address."""

    name: str
    person: str  # of the demo; empty for a visitor
    path: str
    language: str = "en"
    theme: str = "light"
    width: int = 1440
    height: int = 900
    wait_for: str = "main"


STOPS = (
    Stop("01-overview", "", "/markets/"),
    Stop("02-offers", "", "/", language="zh", theme="dark"),
    Stop("03-job", "buyer", "{job}", height=1150, wait_for="#cheaper:not([hx-get])"),
    Stop("04-why-not", "buyer", "{job}&limit=1.00", language="zh", height=1150),
    Stop("05-phone", "buyer", "{job}", width=390, height=844, theme="dark", language="zh"),
    Stop("06-market", "buyer", MARKET, theme="dark", width=1680, height=1050),
    Stop("07-my-compute", "buyer", "/compute/?span=72"),
    Stop("08-orders", "buyer", "/compute/orders/?show=all", height=700),
    Stop("09-deliveries", "buyer", "/compute/deliveries/"),
    Stop("10-wallet", "buyer", "/wallet/"),
    Stop("11-capacity", "provider", "/provider/", height=1000),
    Stop("12-settlement", "finance", "/finance/", language="zh", height=1000),
)


def main(address: str, folder: Path) -> int:
    """Take every picture; returns the exit code, 1 where one is too large."""
    folder.mkdir(parents=True, exist_ok=True)
    too_large = []
    with run_chromium() as browser:
        job = _find_job(browser, address)
        for stop in STOPS:
            size = _take(browser, address, replace(stop, path=_path(stop, job)), folder / f"{stop.name}.webp")
            print(f"{stop.name}: {size // 1000} KB")  # noqa: T201
            if size > BYTES_MAX:
                too_large.append(stop.name)
    if too_large:
        print(f"more than {BYTES_MAX // 1000} KB: {', '.join(too_large)}")  # noqa: T201
    return 1 if too_large else 0


def _path(stop: Stop, job: str) -> str:
    return stop.path.replace("{job}", job.replace("best", "limit") if "limit=" in stop.path else job)


def _find_job(browser: Browser, address: str) -> str:
    page = browser.new_page(locale="en-GB")
    for job in JOBS:
        page.goto(address + job.replace("/buy/", "/buy/cheaper"))
        if page.locator(".fix-price").count():
            break
    page.close()
    return job


def _take(browser: Browser, address: str, stop: Stop, file: Path) -> int:
    context = browser.new_context(
        locale=LANGUAGES[stop.language],
        color_scheme="dark" if stop.theme == "dark" else "light",
        viewport={"width": stop.width, "height": stop.height},
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    if stop.person:
        sign_in(context, address, f"{stop.person}@demo.example")
    page: Page = context.new_page()
    page.goto(address + stop.path, wait_until="load")
    page.locator(stop.wait_for).first.wait_for(timeout=20_000)
    page.wait_for_timeout(1_500)  # charts draw themselves after load
    shot = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    file.write_bytes(base64.b64decode(shot["data"]))
    context.close()
    return file.stat().st_size


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1].rstrip("/"), Path(sys.argv[2])))
