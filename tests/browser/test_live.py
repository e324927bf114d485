"""A page that stays open: it shows what others do without a reload, says when it is stale, and comes back."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from marketplace.offers.publish import publish_offer
from matching.hours import first_open_hour
from matching.models import BookLevel, Order
from tests.browser.exchange import Exchange
from tests.browser.languages import walked_in
from tests.browser.person import PRESS_MS, Person
from tests.matching.processes import wait_until
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def list_hours(exchange: Exchange, *, quantity: int, price_fen: int, hours: int = 6) -> int:
    """Have the provider list hours from the second that trades on (the first could close meanwhile); returns it."""
    now = timezone.now()
    start = first_open_hour(exchange.market, now) + 1
    publish_offer(
        provider_id=exchange.provider.pk, site_id=exchange.site.pk, start=start, hours=hours, quantity=quantity,
        price_fen=price_fen, now=now,
    )  # fmt: skip
    wait_until(lambda: BookLevel.objects.filter(hour=start, price_fen=price_fen).exists())
    return start


def market_page(person: Person, exchange: Exchange, hour: int) -> Page:
    page = person.goes_to(f"/markets/{exchange.market.symbol}/?hour={hour}")
    expect(page.locator("#market-number")).not_to_be_empty()  # it has heard where the market stands
    return page


WORDS = {
    "en-GB": {
        "send": "Buy 7 × 1 h at 12.34",
        "bought": "Bought 7 acc-h at ¥12.34 on average",
        "mine": "mine",
        "none": "You have no open order",
    },
    "zh-CN": {
        "send": "买入 7 卡 × 1 小时，限价 12.34",
        "bought": "已买入 7 卡时，均价 ¥12.34",
        "mine": "我",
        "none": "你在本市场没有未成交的订单",
    },
}


@walked_in("en-GB")
def test_a_fill_appears_on_anothers_page_and_one_hears_of_ones_own(
    browser: Browser, web: WebServer, exchange: Exchange, language: str
) -> None:
    watcher, alice = Person(browser, web.url, language), Person(browser, web.url, language)
    alice.signs_in(exchange.buyer_email)
    hour = list_hours(exchange, quantity=24, price_fen=1234)
    seen, page = market_page(watcher, exchange, hour), market_page(alice, exchange, hour)
    loads = seen.evaluate("performance.getEntriesByType('navigation').length")
    expect(seen.locator(".asks")).to_contain_text("24")
    expect(seen.locator(".tape tbody tr:not([hidden])").first).to_contain_text("11.50")

    page.locator(".asks .rung:visible").first.click()  # all 24 of it
    expect(page.locator("#trade-accelerators")).to_have_value("24")
    page.locator("#trade-accelerators").fill("7")
    send = page.locator(".btn-buy")
    expect(send).to_contain_text(WORDS[language]["send"])
    send.click(delay=PRESS_MS)

    expect(page.locator("#toasts")).to_contain_text(WORDS[language]["bought"])
    expect(page.locator(".tape tr.mine").first).to_contain_text(WORDS[language]["mine"])
    expect(seen.locator(".asks")).to_contain_text("17")
    expect(seen.locator(".tape tbody tr").first).to_contain_text("12.34")
    expect(seen.locator("#last-trade")).to_contain_text("12.34")
    expect(seen.locator(".tape tr.mine")).to_have_count(0)
    assert seen.evaluate("performance.getEntriesByType('navigation').length") == loads
    assert Order.objects.filter(participant=exchange.buyer).latest("pk").state == Order.State.FILLED
    alice.keeps_picture("live-1-own-fill")
    watcher.keeps_picture("live-2-watcher")
    assert [alice.errors, watcher.errors] == [[], []]


@walked_in("zh-CN")
def test_own_orders_stand_in_the_book_and_go_when_cancelled_by_keys_and_row(
    browser: Browser, web: WebServer, exchange: Exchange, language: str
) -> None:
    alice = Person(browser, web.url, language)
    alice.signs_in(exchange.buyer_email)
    hour = list_hours(exchange, quantity=24, price_fen=1234)
    page = market_page(alice, exchange, hour)
    page.locator("main").click(position={"x": 5, "y": 5})
    page.keyboard.press("?")
    expect(page.locator("#market-keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#trade-limit")).to_have_value("12.34")
    for key in ("s", "b", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".btn-buy")).to_contain_text("12.32")
    expect(page.locator(".is-old")).to_have_count(0)  # the preview is of the hour that was chosen last
    page.keyboard.press("Enter")
    expect(page.locator(".bids .own-dot")).to_have_text("8")
    row = page.locator("#market-own tbody tr")
    expect(row).to_contain_text("12.32")
    assert not alice.errors, alice.errors  # later, requests that leaving the page breaks off are logged
    alice.keeps_picture("live-3-own-in-the-book")
    row.locator("a[href$='/cancel']").click()
    page.locator("#ask-first form button:not([data-close])").click()
    page = market_page(alice, exchange, hour + 1)
    expect(page.locator("#market-own")).to_contain_text(WORDS[language]["none"])
    expect(page.locator(".bids .own-dot")).to_have_count(0)


def test_a_page_says_when_it_is_stale_and_recovers(browser: Browser, web: WebServer, exchange: Exchange) -> None:
    watcher = Person(browser, web.url)
    hour = list_hours(exchange, quantity=24, price_fen=1234)
    page = market_page(watcher, exchange, hour)
    badge = page.locator("[data-live-word]")
    expect(badge).to_have_text("Live")
    web.stop()
    expect(badge).to_contain_text("Stale since")
    expect(page.locator(".stale-notice")).to_be_visible()
    list_hours(exchange, quantity=8, price_fen=1111)
    web.start()
    expect(badge).to_have_text("Live")
    expect(page.locator(".stale-notice")).to_be_hidden()
    expect(page.locator(".asks")).to_contain_text("11.11")


IS_HELD = """() => {
  let held;
  addEventListener("htmx:beforeRequest", (event) => { held = event.defaultPrevented; }, { once: true });
  htmx.trigger("#orders", "own");
  return held;
}"""
"""Whether the list of orders, told to refresh, does not ask for itself."""


def test_order_list_and_wallet_follow_without_a_reload(browser: Browser, web: WebServer, exchange: Exchange) -> None:
    alice, colleague = Person(browser, web.url), Person(browser, web.url)
    for person in (alice, colleague):
        person.signs_in(exchange.buyer_email)
    hour = list_hours(exchange, quantity=24, price_fen=1234)
    orders, wallet = colleague.goes_to("/compute/orders/?show=all"), colleague.context.new_page()
    wallet.goto(web.url + "/wallet/")
    held = wallet.locator(".key-numbers").inner_text()
    tabs = orders.locator("#orders").bounding_box()
    assert tabs is not None
    orders.mouse.move(tabs["x"] + 5, tabs["y"] + 5)
    orders.mouse.down()
    assert orders.evaluate(IS_HELD)  # what is pressed stays where it is
    orders.mouse.up()
    assert not orders.evaluate(IS_HELD)
    page = market_page(alice, exchange, hour)
    page.locator("#trade-accelerators").fill("3")
    page.locator("#trade-limit").fill("10")
    page.get_by_role("button", name="Buy 3 × 1 h at 10.00").click()
    expect(orders.locator("tbody tr").first).to_contain_text("Waiting", timeout=10_000)
    expect(wallet.locator(".key-numbers")).not_to_have_text(held, timeout=10_000)
