"""What anyone can look at, in a real browser and in both languages: prices by the hour, a class, a hub, offers by filters that stay in the
address, the rules, and the page as one likes it."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from marketplace.offers.publish import publish_offer
from matching.hours import hour_of
from matching.models import Order
from tests.browser.exchange import Exchange, wait_for_state
from tests.browser.languages import walked_in
from tests.browser.person import PRESS_MS, Person
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = {
    "en-GB": {"hub": "Yangtze Delta", "site": "Wuhu-1", "rules": "The rules in plain words", "other": "算力", "rising": "green-up"},
    "zh-CN": {"hub": "yangtze-delta", "site": "芜湖一号", "rules": "规则说明", "other": "Compute on offer", "rising": "red-up"},
}  # fmt: skip


@walked_in("zh-CN")
def test_a_visitor_looks_around(browser: Browser, web: WebServer, exchange: Exchange, language: str) -> None:
    _list(exchange, price_fen=1000)
    _list(exchange, price_fen=1600)
    visitor, words = Person(browser, web.url, language), WORDS[language]
    _sees_prices_by_the_hour(visitor)
    _reads_of_a_class_and_a_hub(visitor, words)
    _filters_offers(visitor)
    _reads_the_rules(visitor, words)
    _has_the_page_as_one_likes_it(visitor, words)
    assert visitor.errors == []


def _sees_prices_by_the_hour(visitor: Person) -> None:
    page = visitor.goes_to("/markets/")
    page.locator("a.cell").nth(3).hover()
    expect(page.locator(".heat-card")).to_contain_text("¥10.00")
    visitor.keeps_picture("visitor-1-markets")


def _reads_of_a_class_and_a_hub(visitor: Person, words: dict[str, str]) -> None:
    page = visitor.page
    page.mouse.move(0, 0)
    visitor.clicks_on(".class-card h2 a")
    expect(page.locator("h1")).to_contain_text("A100-SXM4-80G")
    expect(page.locator("main")).to_contain_text(words["site"])
    page.locator("main .seg a").last.click()  # a longer time of the index
    expect(page.locator("price-history canvas")).to_be_visible()
    expect(page.locator("time").first).to_have_attribute("title", re.compile(r"UTC$"))
    visitor.keeps_picture("visitor-2-class")
    page = visitor.goes_to("/hubs/yangtze-delta/")
    expect(page.locator("h1")).to_contain_text(words["hub"])
    expect(page.locator("main")).to_contain_text(words["site"])


def _filters_offers(visitor: Person) -> None:
    page = visitor.goes_to("/")
    offers = page.locator("#offers tbody tr")
    expect(offers).to_have_count(2)
    page.locator("#id_price_max").fill("12.50")
    expect(offers).to_have_count(1)
    expect(page).to_have_url(re.compile(r"price_max=12\.50"))
    page.reload()  # or sent to a colleague
    expect(page.locator("#id_price_max")).to_have_value("12.50")
    expect(offers).to_have_count(1)
    visitor.keeps_picture("visitor-3-offers")
    page.locator("#id_price_max").fill("1.00")
    expect(page.locator("#offers .empty-state")).to_be_visible()
    page.locator("#offers .empty-state a[href='/']").click(delay=PRESS_MS)
    expect(offers).to_have_count(2)


def _reads_the_rules(visitor: Person, words: dict[str, str]) -> None:
    page = visitor.page
    visitor.clicks_on(".page-foot a[href='/rules/']")
    expect(page.locator("h1")).to_have_text(words["rules"])
    visitor.keeps_picture("visitor-4-rules")


def _has_the_page_as_one_likes_it(visitor: Person, words: dict[str, str]) -> None:
    page = visitor.goes_to("/")
    expect(page.locator("html")).to_have_attribute("data-ud", words["rising"])
    visitor.clicks_on(".topbar button[name=theme]")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    visitor.clicks_on(".topbar button[name=language]")
    expect(page.locator("main")).to_contain_text(words["other"])
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def _list(exchange: Exchange, *, price_fen: int) -> None:
    now = timezone.now()
    offer = publish_offer(provider_id=exchange.provider.pk, site_id=exchange.site.pk, start=hour_of(now) + 2, hours=30, quantity=8,
                          price_fen=price_fen, now=now)  # fmt: skip
    wait_for_state(offer.order_id, Order.State.OPEN)
