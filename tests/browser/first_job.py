"""The way of somebody who has never been here: from the front page to a filled job."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.browser.person import Person

CLICKS_MAX, SECONDS_MAX = 5, 60
WAIT_MS = 30_000


def reach_a_filled_job(visitor: Person, *, email: str, password: str) -> None:
    """Buy the first offer and sign in on the way; fails where that takes more than five clicks or a minute."""
    started, clicks = time.monotonic(), visitor.clicks
    page = visitor.goes_to("/")
    visitor.clicks_on(".offer-buy a.btn")  # 1: buy the first offer
    expect(page.locator(".verdict-good")).to_be_visible(timeout=WAIT_MS)
    visitor.keeps_picture("buyer-1-preview")
    visitor.clicks_on(".ticket-receipt a.btn-primary")  # 2: sign in, and come back to the same job
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    visitor.clicks_on("main form button[type=submit], main form .btn-primary")  # 3
    visitor.clicks_on("#send-form button")  # 4: place the bid
    expect(page.locator("main .state-good").first).to_be_visible(timeout=WAIT_MS)
    took_s = time.monotonic() - started
    visitor.keeps_picture("buyer-2-filled")
    assert visitor.clicks - clicks <= CLICKS_MAX
    assert took_s <= SECONDS_MAX
