"""A buyer's day in a real browser, in both languages: a filled job in five clicks, a cheaper way taken, a limit of one's own heeded, a preset
used, a bid changed and cancelled, hours sold back in two clicks, everything cancelled, an hour disputed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from billing.clearing import clear
from billing.models import Dispute
from billing.period import period_of
from marketplace.accounts.models import TicketPreset
from marketplace.offers.publish import publish_offer
from marketplace.trading import place_order
from matching.hours import hour_of, moment_of
from matching.models import Order
from tests.browser.exchange import PASSWORD, Exchange, wait_for_state
from tests.browser.first_job import reach_a_filled_job
from tests.browser.languages import walked_in
from tests.browser.person import Person
from tests.factories import bid
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@walked_in("zh-CN")
def test_a_buyers_day(browser: Browser, web: WebServer, exchange: Exchange, language: str) -> None:
    has_ended = _deliver_hours(exchange)
    start = _list(exchange)
    person = Person(browser, web.url, language)
    _reaches_a_filled_job(person, exchange)
    _takes_a_cheaper_way(person, exchange, start)
    _heeds_a_limit_and_uses_a_preset(person, start)
    _changes_and_cancels(person, exchange)
    _sells_back(person)
    _cancels_all(person, exchange)
    if has_ended:
        _disputes(person, exchange)
    assert person.errors == []


def _reaches_a_filled_job(visitor: Person, exchange: Exchange) -> None:
    reach_a_filled_job(visitor, email=exchange.buyer_email, password=PASSWORD)
    order = Order.objects.filter(participant=exchange.buyer).latest("pk")
    assert (order.state, order.filled_accelerator_hours) == (Order.State.FILLED, 16 * 40)


def _takes_a_cheaper_way(buyer: Person, exchange: Exchange, start: int) -> None:
    _list(exchange, start=start, hours=8, quantity=4, price_fen=1100)
    _list(exchange, start=start + 12, hours=8, quantity=4, price_fen=700)
    page = buyer.goes_to(f"/buy/?accelerators=2&hours=4&start={start}&price=best")
    expect(page.locator("#preview")).to_contain_text("88.00")  # 2 accelerators for 4 hours at 11.00
    expect(page.locator("#cheaper .fix-price").first).to_contain_text("¥")
    buyer.keeps_picture("buyer-3-cheaper-ways")
    before = buyer.clicks
    buyer.clicks_on("#cheaper .fixes a.btn")
    expect(page.locator("#preview")).to_contain_text("56.00")
    assert buyer.clicks - before == 1


def _heeds_a_limit_and_uses_a_preset(buyer: Person, start: int) -> None:
    page = buyer.goes_to("/accounts/warnings/")
    page.locator("[name=accelerator_hours]").fill("10")
    page.locator("main .form-actions button").click()
    buyer.goes_to(f"/buy/?kind=hourly&accelerators=4&hours=3&start={start}&price=limit&limit=5.00")
    page.locator("#presets summary").click()
    page.locator("#preset-name").fill("Low bid")
    page.locator(".preset-new button").click()
    page.locator("#presets summary").click()
    page.locator(".preset-line a", has_text="Low bid").click()
    expect(page.locator("#id_limit")).to_have_value("5.00")
    assert TicketPreset.objects.get().name == "Low bid"
    page.locator(".order-warnings input").check()
    buyer.keeps_picture("buyer-4-own-limit")
    page.locator("#send-form button").click()
    expect(page.locator("main .state-wait").first).to_be_visible()


def _changes_and_cancels(buyer: Person, exchange: Exchange) -> None:
    order = Order.objects.get(participant=exchange.buyer, price_fen=500)
    page = buyer.goes_to("/compute/orders/")
    row = page.locator(f"#order-{order.pk}")
    row.locator("a[href$='/change']").click()
    price, note = row.locator("form.change input[inputmode=decimal]"), row.locator(".change-note")
    for _ in range(3):  # the first is not heard where it is quicker than the page's script
        price.fill("5.50")
        page.wait_for_timeout(1000)
        if note.inner_text():
            break
    expect(note).to_contain_text("¥")  # what it would do, while the form stays as it is
    buyer.keeps_picture("buyer-5-change")
    row.locator("form.change .btn-primary").click()
    expect(row).to_contain_text("5.50")
    page.locator(f"#cancel-{order.pk}").click()
    page.locator("#ask-first form button:not([data-close])").click()
    expect(row).to_have_count(0)
    order.refresh_from_db()
    assert (order.state, order.price_fen) == (Order.State.CANCELLED, 550)


def _sells_back(buyer: Person) -> None:
    clear(now=timezone.now())
    page = buyer.goes_to("/compute/?span=72")
    page.locator("#holdings-table summary").click()
    before = buyer.clicks
    buyer.clicks_on("#holdings-table a.opens")
    page.locator("#ask-first [name=price_fen]").fill("13.50")
    buyer.keeps_picture("buyer-6-sell-back")
    buyer.clicks_on("#ask-first button[value=list]")
    expect(page.locator("#orders")).to_contain_text("13.50")
    assert buyer.clicks - before == 2


def _cancels_all(buyer: Person, exchange: Exchange) -> None:
    page = buyer.page
    page.locator("#cancel-all").click()
    question = page.locator("#ask-first")
    expect(question).to_be_visible()
    question.locator("[data-close]").click()
    expect(page.locator("#orders")).to_contain_text("13.50")  # who only looks loses nothing
    page.locator("#cancel-all").click()
    question.locator("form button:not([data-close])").click()
    expect(page.locator("#orders .empty-state")).to_be_visible()
    assert not Order.objects.filter(participant=exchange.buyer, state__in=("pending", "open")).exists()


def _disputes(buyer: Person, exchange: Exchange) -> None:
    page = buyer.goes_to("/compute/deliveries/")
    buyer.keeps_picture("buyer-7-deliveries")
    page.locator("tbody .acts a.btn[href*='/compute/deliveries/']").last.click()
    page.locator("[name=accelerators]").fill("3")
    page.locator("[name=reason]").fill("One of four did not answer.")
    page.locator("main form .btn-primary").click()
    expect(page.locator("main .facts")).to_contain_text("One of four did not answer.")
    buyer.keeps_picture("buyer-8-dispute")
    dispute = Dispute.objects.get(holder=exchange.buyer)
    assert (dispute.accelerators, dispute.state) == (3, "open")


def _deliver_hours(exchange: Exchange) -> bool:
    """Let the buyer have had four accelerators in the last hours of this invoice period; False where none has ended."""
    now_hour = hour_of(timezone.now())
    start = max(now_hour - 3, period_of(now_hour)[0])
    if start == now_hour:
        return False
    then = moment_of(start) - timedelta(minutes=30)
    publish_offer(provider_id=exchange.provider.pk, site_id=exchange.site.pk, start=start, hours=now_hour - start,
                  quantity=4, price_fen=1000, now=then)  # fmt: skip
    request = bid(exchange.buyer, exchange.market, start=start, hours=now_hour - start, quantity=4)
    wait_for_state(place_order(request=request, now=then), Order.State.FILLED)
    return True


def _list(
    exchange: Exchange, *, start: int | None = None, hours: int = 40, quantity: int = 16, price_fen: int = 1000
) -> int:
    """List accelerators, from the next hour on unless told otherwise, wait until they are in the books, and return the first hour."""
    start = start or hour_of(timezone.now()) + 1
    offer = publish_offer(provider_id=exchange.provider.pk, site_id=exchange.site.pk, start=start, hours=hours, quantity=quantity,
                          price_fen=price_fen, now=timezone.now())  # fmt: skip
    wait_for_state(offer.order_id, Order.State.OPEN)
    return start
