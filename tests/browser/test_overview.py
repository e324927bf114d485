"""The heat map in a browser: an hour's card by pointer and by keyboard, and the way to buying it."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from marketplace.offers.publish import publish_offer
from matching.hours import hour_of
from tests.browser.exchange import Exchange
from tests.web_server import WebServer

pytestmark = pytest.mark.browser


def test_an_hour_is_found_by_pointer_or_arrows_and_bought(browser: Browser, web: WebServer, exchange: Exchange) -> None:
    now = timezone.now()
    publish_offer(
        provider_id=exchange.provider.pk, site_id=exchange.site.pk, start=hour_of(now) + 2, hours=12, quantity=8,
        price_fen=1200, now=now,
    )  # fmt: skip
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    hours = page.locator("a.cell")
    while hours.count() == 0:  # until the matcher has taken the offer; pytest's timeout bounds it
        page.goto(f"{web.url}/markets/")
    hours.nth(3).hover()
    expect(page.locator(".heat-card")).to_contain_text("Best ask")
    page.mouse.move(0, 0)
    expect(page.locator(".heat-card")).to_have_count(0)

    page.locator('a.cell[tabindex="0"]').focus()
    page.keyboard.press("ArrowRight")
    expect(hours.nth(1)).to_be_focused()
    hour, time = (hours.nth(1).get_attribute(name) or "" for name in ("data-hour", "data-time"))
    expect(page.locator(".heat-card")).to_contain_text(time)
    page.locator(".heat-card").get_by_text("Buy this hour").click()
    page.wait_for_url(f"**/buy/?*start={hour}*")
    context.close()
