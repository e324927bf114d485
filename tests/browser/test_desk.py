"""The pages behind the sign-in in a real browser: painting hours, undoing it, asking before cancelling, reading without scripts."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from marketplace.offers.publish import publish_offer
from marketplace.trading import place_order
from matching.hours import hour_of
from matching.models import Holding, Order
from tests.browser.exchange import PASSWORD, Exchange
from tests.factories import bid
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _sign_in(browser: Browser, address: str, email: str, *, scripts: bool = True, width: int = 1440) -> Page:
    context = browser.new_context(
        locale="en-GB", java_script_enabled=scripts, viewport={"width": width, "height": 1000}
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator(".topbar")).to_contain_text("Capacity" if "bob" in email else "Wallet")
    return page


def _wait_until_read(order_id: int) -> None:
    """A page without scripts does not refresh, so the matcher goes first."""
    until = time.monotonic() + 60
    while Order.objects.get(pk=order_id).state == Order.State.PENDING:
        assert time.monotonic() < until, "The matcher does not read its inbox."
        time.sleep(0.1)


def _paint(page: Page, first: float, last: float) -> None:
    """Drag over a share of the first track's width."""
    track = page.locator(".ruler-track").first
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + first * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + last * box["width"], middle, steps=5)
    page.mouse.up()


def test_painted_hours_are_listed_and_undone(browser: Browser, web: WebServer, exchange: Exchange) -> None:
    page = _sign_in(browser, web.url, exchange.provider_email)
    page.goto(f"{web.url}/provider/?span=72")
    _paint(page, 40.5 / 72, 47.5 / 72)
    expect(page.locator(".painted")).to_contain_text("64 × 8 h")
    expect(page.locator("#painted-price")).to_be_focused()
    expect(page.locator("#painted .invalid")).to_have_count(0)
    expect(page.locator("#listing-form [name=hours]")).to_have_value("8")
    expect(page.locator("#listing-form [name=quantity]")).to_have_value("64")
    page.locator("#listing-form [name=price_fen]").fill("11.00")
    expect(page.locator("#listing-preview")).to_contain_text("512")
    page.locator("#listing-form").get_by_role("button", name="List it").click()
    expect(page.locator("#toasts")).to_contain_text("Listed 64 × 8 h at Wuhu-1.")
    order = Order.objects.latest("pk")
    assert (order.hours, order.quantity, order.price_fen) == (8, 64, 1100)
    page.locator("#toasts").get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Cancel 1 ask").click()
    expect(page.locator("main")).not_to_contain_text("64 × 8 h", timeout=20_000)
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED


def test_a_buyer_sells_back_from_the_calendar_and_cancels_all(
    browser: Browser, web: WebServer, exchange: Exchange
) -> None:
    now = timezone.now()
    start = hour_of(now) + 2
    publish_offer(
        provider_id=exchange.provider.pk, site_id=exchange.site.pk, start=start, hours=20, quantity=8, price_fen=1000,
        now=now,
    )  # fmt: skip
    place_order(request=bid(exchange.buyer, exchange.market, start=start, hours=20, quantity=4), now=now)
    page = _sign_in(browser, web.url, exchange.buyer_email)
    page.goto(f"{web.url}/compute/?span=72")
    expect(page.locator(".ruler-row").nth(1)).to_contain_text("Wuhu-1", timeout=20_000)
    page.locator("#holdings-table summary").click()
    page.get_by_role("link", name="Sell back").first.click()
    dialog = page.locator("#ask-first")
    expect(dialog).to_contain_text("Sell back 4 ×")
    expect(dialog).to_contain_text("¥10.00")
    dialog.get_by_label("List at").fill("13.50")
    dialog.get_by_role("button", name="List at this price").click()
    expect(page.locator("#orders")).to_contain_text("13.50")
    page.get_by_role("link", name="Cancel all").click()
    dialog = page.locator("#ask-first")
    expect(dialog).to_contain_text("Cancel 1 open order?")
    dialog.get_by_role("button", name="Cancel 1 order").click()
    expect(page.locator("#orders")).to_contain_text("Nothing is waiting", timeout=20_000)
    held = Holding.objects.filter(participant=exchange.buyer, hour__gte=start)
    assert {row.free for row in held} == {4}


def test_everything_can_be_read_and_cancelled_without_scripts(
    browser: Browser, web: WebServer, exchange: Exchange
) -> None:
    now = timezone.now()
    request = bid(exchange.buyer, exchange.market, start=hour_of(now) + 5, hours=2, quantity=1, price_fen=100)
    order_id = place_order(request=request, now=now)
    _wait_until_read(order_id)
    page = _sign_in(browser, web.url, exchange.buyer_email, scripts=False, width=390)
    for path, text in (
        ("/compute/", "Holdings by delivery hour"),
        ("/compute/orders/", "Nobody has listed these hours yet."),
        (f"/compute/orders/{order_id}/", "What happened"),
        ("/compute/trades/", "Bought"),
        ("/wallet/", "Held for open bids"),
        ("/wallet/documents/", exchange.invoice.number),
    ):
        page.goto(web.url + path)
        expect(page.locator("main")).to_contain_text(text, timeout=20_000)
    page.goto(f"{web.url}/compute/orders/")
    page.get_by_role("link", name="Cancel all").click()
    page.get_by_role("button", name="Cancel 1 order").click()
    expect(page.locator("#toasts")).to_contain_text("1 order is being cancelled.")
