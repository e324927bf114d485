"""A provider's whole way: a site in steps, approved, hours painted, in the catalogue, sold, access handed over, metered, earned."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from billing.clearing import clear
from billing.delivery.readings import NewReading, record_readings
from billing.models import Obligation
from billing.settlement import settle_delivered
from marketplace.offers.models import PriceCurve
from marketplace.trading import place_order
from matching.clock import close_gates
from matching.hours import hour_of, moment_of
from matching.models import Market, Order, Site
from tests.browser.exchange import Exchange
from tests.browser.languages import walked_in
from tests.browser.person import Person
from tests.factories import bid
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


WORDS = {
    "en-GB": {"go on": "Save and go on", "installed": "Accelerators installed", "submit": "Submit it",
              "submitted": "Submitted", "approve": "Approve it", "hand over": "Hand it over", "green": "70% green"},
    "zh-CN": {"go on": "保存并继续", "installed": "装机卡数", "submit": "提交",
              "submitted": "已提交", "approve": "批准", "hand over": "交接", "green": "绿电 70%"},
}  # fmt: skip


@walked_in("zh-CN")
def test_from_a_sites_first_draft_to_its_earnings(
    browser: Browser, web: WebServer, exchange: Exchange, language: str
) -> None:
    words = WORDS[language]
    bob, fiona, alice = (Person(browser, web.url, language) for _ in range(3))
    _sign_in(bob, exchange.provider_email)
    _sign_in(fiona, exchange.finance_email)

    page = bob.goes_to("/provider/sites/new")
    page.locator("#id_name").fill("Hefei-1")
    page.locator("#id_city").fill("Hefei")
    page.locator("#id_compute_class").select_option(str(exchange.market.compute_class_id))
    page.locator("#id_hub").select_option(str(exchange.market.hub_id))
    page.get_by_role("button", name=words["go on"]).click()
    page.get_by_label(words["installed"]).fill("16")
    page.locator("#id_interconnect").fill("IB NDR 400")
    page.locator("#id_network_gbps").fill("100")
    page.locator("#id_network_gbps").press("Tab")
    expect(page.locator("#site-saved")).not_to_be_empty()  # it saves as it goes
    page.reload()
    expect(page.locator("#id_accelerators")).to_have_value("16")
    page.get_by_role("button", name=words["go on"]).click()
    page.locator("#id_power_source").select_option("wind")
    page.locator("#id_green_share_percent").fill("70")
    page.get_by_role("button", name=words["go on"]).click()
    page.get_by_role("button", name=words["go on"]).click()
    bob.keeps_picture("provider-1-check")
    page.get_by_role("button", name=words["submit"]).click()
    expect(page.locator("main")).to_contain_text(words["submitted"])

    queue = fiona.goes_to("/operations/sites/")
    queue.get_by_role("link", name="Hefei-1").first.click()
    queue.get_by_role("button", name=words["approve"]).click()
    expect(queue.locator("main")).to_contain_text("Hefei-1")
    site = Site.objects.get(name="Hefei-1")

    page = bob.goes_to("/provider/")
    _paint_by_keyboard(page, site)
    page.locator("#painted-price").fill("9.99")
    page.locator("#painted-price").press("Tab")
    expect(page.locator("#painted .receipt-line").last).to_contain_text("¥")
    bob.keeps_picture("provider-2-painted")
    page.locator("#painted .btn-primary").click()
    expect(page.locator("#offers")).to_contain_text("9.99")
    listed = Order.objects.get(site=site)
    assert (listed.quantity, listed.hours, listed.price_fen) == (16, 3, 999)

    catalogue = fiona.goes_to("/?green_min=60")
    expect(catalogue.locator("#offers")).to_contain_text("Hefei-1")
    expect(catalogue.locator("#offers")).to_contain_text(words["green"])

    expect(bob.page.locator("#offers")).to_contain_text("9.99")
    sold = bid(exchange.buyer, exchange.market, start=listed.start, hours=3, quantity=4, price_fen=1050)
    order_id = place_order(request=sold, now=timezone.now())
    expect(bob.page.locator("#offers")).to_contain_text("12", timeout=30_000)
    clear(now=timezone.now())
    assert Obligation.objects.get(bid_id=order_id).site_id == site.pk

    page = bob.goes_to("/provider/deliveries/access/")
    page.get_by_role("link").filter(has_text="Hefei-1").first.click()
    page.locator("#id_text").fill("ssh hefei-1 -p 2222")
    page.get_by_role("button", name=words["hand over"]).click()
    expect(page.locator("#access")).to_contain_text("Hefei-1")
    _sign_in(alice, exchange.buyer_email)
    expect(alice.goes_to("/compute/deliveries/").locator("main")).to_contain_text("Hefei-1")

    _deliver(exchange, site, listed.start, now=moment_of(listed.start + 4))
    page = bob.goes_to(f"/provider/earnings/{listed.start}/")
    row = page.get_by_role("row").filter(has_text="Hefei-1").first
    expect(row).to_contain_text("119.88")  # 4 accelerators for 3 hours at 9.99
    bob.keeps_picture("provider-3-earned")
    assert [person.errors for person in (bob, fiona, alice)] == [[], [], []]


LEGEND = {"en-GB": ("my ask", "my floor"), "zh-CN": ("我的报价", "我的底价")}


@walked_in("en-GB")
def test_the_chart_follows_the_prices_that_are_typed(
    browser: Browser, web: WebServer, exchange: Exchange, language: str
) -> None:
    bob = Person(browser, web.url, language)
    _sign_in(bob, exchange.provider_email)
    page = bob.goes_to("/provider/curves/new")
    page.locator("[name=name]").fill("Nights are cheap")
    page.locator("[name=days_fen]").fill("14.00")
    page.locator("[name=nights_fen]").fill("9.00")
    page.locator("#curve-fill").click()
    page.locator("[name=floor_fen]").fill("8.50")
    page.locator("#curve-table summary").click()
    for hour in range(76, 92):  # around Thursday noon, the middle of the week
        page.locator("[name=hour]").nth(hour).fill("13.37")
    page.locator("price-curve").hover()
    said = page.locator("price-curve")
    for text in (*LEGEND[language], "¥13.37", "¥8.50"):
        expect(said).to_contain_text(text)
    expect(said).not_to_contain_text("series")  # what a chart says where it lacks a word
    bob.keeps_picture("provider-4-curve")
    page.locator(".form-actions .btn-primary").click()
    expect(page.locator("#curves")).to_contain_text("Nights are cheap")
    curve = PriceCurve.objects.get()
    assert (curve.prices_fen[84], curve.prices_fen[92], curve.prices_fen[0], curve.floor_fen) == (1337, 1400, 900, 850)
    assert bob.errors == []


def _sign_in(person: Person, email: str) -> None:
    page = person.goes_to("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill("correct horse battery")
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def _paint_by_keyboard(page: Page, site: Site) -> None:
    """Choose three hours from tomorrow's first on, by the keys alone."""
    track = page.locator(f".ruler-track[data-site='{site.pk}']")
    track.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator("#painted-price")).to_be_focused()


def _deliver(exchange: Exchange, site: Site, start: int, *, now: datetime) -> None:
    """Let time pass: a meter reading of one hour by the verb that the page calls, then the settlement of all."""
    reading = NewReading(
        site=site.slug, hour=start, holder=exchange.buyer.slug, accelerators=4, source="page", source_id="1",
        read_at=moment_of(start + 1),
    )  # fmt: skip
    (verdict,) = record_readings(provider_id=site.provider_id, readings=[reading], now=now)
    assert verdict.error is None
    close_gates(now=now)
    ends = time.monotonic() + 60
    while Market.objects.get(pk=exchange.market.pk).closed_until < hour_of(now):
        assert time.monotonic() < ends, "the matcher has not closed the gates"
        time.sleep(0.2)
    settle_delivered(until_hour=hour_of(now), now=now)
