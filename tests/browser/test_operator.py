"""An operator's day in a real browser, in both languages: a market opened, its terms, band and fees changed, a halt that traders read and its
end, a site approved, a participant stopped, odd trading decided by its evidence, and all of it in the audit trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from billing.funds import deposit_funds
from billing.models import FeeSchedule
from marketplace.accounts.models import User
from marketplace.offers.onboarding import start_site, submit_site
from marketplace.trading import place_order
from matching.engine.dtypes import Kind
from matching.hours import hour_of
from matching.models import ComputeClass, Finding, Hub, Market, Order, ParticipantLimit, Site
from matching.surveillance.scan import scan_patterns
from tests.browser.exchange import PASSWORD, Exchange, wait_for_state
from tests.browser.languages import walked_in
from tests.browser.person import Person
from tests.factories import ask, bid
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEW_MARKET = "B300-288G.gansu"


@walked_in("en-GB")
@pytest.mark.timeout(600)
def test_an_operators_day(browser: Browser, web: WebServer, exchange: Exchange, language: str) -> None:
    _trade_back_and_forth(exchange)
    _submit_a_site(exchange)
    fiona, visitor = Person(browser, web.url, language), Person(browser, web.url, language)
    fiona.signs_in(exchange.finance_email)
    _opens_a_market(fiona)
    _changes_terms_and_band(fiona, exchange)
    _halts_and_resumes(fiona, visitor, exchange)
    _approves_a_site(fiona, visitor)
    _stops_a_participant(fiona, visitor, exchange)
    _decides_a_finding(fiona, exchange)
    _changes_fees(fiona, Person(browser, web.url, language))
    _reads_the_trail_and_the_systems_health(fiona)
    assert [fiona.errors, visitor.errors] == [[], []]


def _opens_a_market(operator: Person) -> None:
    page = operator.page
    operator.clicks_on(".sections a[href='/operations/']")
    operator.clicks_on("a[href='/operations/markets/new']")
    page.locator("[name=compute_class]").select_option("B300-288G")
    page.locator("[name=hub]").select_option("gansu")
    page.locator("[name=lot]").fill("8")
    page.locator("[name=tick_fen]").fill("0.05")
    page.locator("[name=lead_hours]").fill("1")
    operator.keeps_picture("operator-1-open-a-market")
    operator.clicks_on("main form .btn-primary")
    expect(page.locator("h1")).to_contain_text("B300-288G")
    operator.clicks_on(f".page-actions a[href='/markets/{NEW_MARKET}/']")
    expect(page.locator("#market-ticket, main").first).to_contain_text("B300-288G")
    market = Market.objects.get(symbol=NEW_MARKET)
    assert (market.lot, market.tick_fen, market.lead_hours) == (8, 5, 1)


def _changes_terms_and_band(operator: Person, exchange: Exchange) -> None:
    page = operator.goes_to("/operations/")
    operator.clicks_on(f"#live a[href='/operations/markets/{exchange.market.symbol}/']")
    page.locator("[name=open_blocks_max]").fill("7")
    page.locator("form:has([name=open_blocks_max]) [name=reason]").fill("Calmer books")
    operator.clicks_on("form:has([name=open_blocks_max]) .btn-primary")
    expect(page.locator("[name=open_blocks_max]")).to_have_value("7")
    page.locator("[name=reference-price_fen]").fill("12.00")
    page.locator("[name=reference-band_bps]").fill("2500")
    page.locator("[name=reference-reason]").fill("A new week")
    operator.keeps_picture("operator-2-terms")
    operator.clicks_on("form:has([name=reference-reason]) .btn-primary")
    expect(page.locator("table.dense")).to_contain_text("12.00")
    expect(page.locator("table.dense")).to_contain_text("25%")
    market = Market.objects.get(pk=exchange.market.pk)
    assert (market.open_blocks_max, market.reference_price_fen, market.protection_band_bps) == (7, 1200, 2500)


def _halts_and_resumes(operator: Person, visitor: Person, exchange: Exchange) -> None:
    symbol, page = exchange.market.symbol, operator.goes_to("/operations/")
    row = page.locator("#live tr").filter(has=page.locator(f"a[href='/operations/markets/{symbol}/']"))
    operator.clicks_on(f"#live a[href='/operations/halts/new?market={symbol}']")
    page.locator("[name=reason]").fill("A cooling pump has failed")
    operator.clicks_on("main form .btn-danger")
    expect(row).to_contain_text("A cooling pump has failed")
    operator.keeps_picture("operator-3-halted")
    seen = visitor.goes_to(f"/markets/{symbol}/")
    expect(seen.locator("#market-halts")).to_contain_text("A cooling pump has failed")
    visitor.keeps_picture("operator-4-what-traders-read")
    row.locator("a[href$='/resume']").click()
    page.locator("[name=reason]").fill("It runs again")
    operator.clicks_on("main form .btn-primary")
    expect(row.locator(".state-good")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("It runs again")
    expect(visitor.goes_to(f"/markets/{symbol}/").locator("main")).not_to_contain_text("A cooling pump")


def _approves_a_site(operator: Person, visitor: Person) -> None:
    page = operator.page
    operator.clicks_on(".secondrow a[href='/operations/sites/']")
    page.locator("#live tr", has_text="Hefei-1").locator("a.btn").click()
    expect(page.locator("main")).to_contain_text("IB NDR 400")
    operator.keeps_picture("operator-5-site")
    operator.clicks_on("button[name=approve]")
    expect(page.locator("#live")).to_contain_text("Hefei-1")
    expect(page.locator("#live .state-good")).to_be_visible()
    site = Site.objects.get(name="Hefei-1")
    assert (site.accelerators, site.market.symbol) == (16, NEW_MARKET)
    expect(visitor.goes_to("/hubs/gansu/").locator("main")).to_contain_text("Hefei-1")


def _stops_a_participant(operator: Person, buyer: Person, exchange: Exchange) -> None:
    page = operator.page
    operator.clicks_on(".secondrow a[href='/operations/participants/']")
    page.locator("#participant-words").fill("north-bank")
    operator.clicks_on(".filters button")
    expect(page.locator("tbody tr")).to_have_count(1)
    operator.clicks_on("tbody a")
    page.locator("[name=is_stopped]").check()
    page.locator("[name=reason]").fill("Papers are missing")
    operator.clicks_on("main form .btn-primary")
    expect(page.locator(".notice-danger")).to_contain_text("Papers are missing")
    operator.keeps_picture("operator-6-stopped")
    assert ParticipantLimit.objects.get(pk=exchange.buyer.pk).is_stopped
    buyer.signs_in(exchange.buyer_email)
    start = hour_of(timezone.now()) + 3
    job = f"/buy/?kind=hourly&accelerators=1&hours=1&start={start}&price=limit&limit=12.00"
    expect(buyer.goes_to(job).locator("#preview")).to_contain_text("Papers are missing")
    buyer.keeps_picture("operator-7-what-the-buyer-reads")


def _decides_a_finding(operator: Person, exchange: Exchange) -> None:
    page = operator.page
    operator.clicks_on(".secondrow a[href='/operations/surveillance/']")
    operator.clicks_on("tbody a.opens")
    evidence = page.locator("section", has=page.locator("h2")).filter(has=page.locator("table")).first
    expect(evidence.locator("tbody tr")).to_have_count(2)  # there and back
    expect(evidence).to_contain_text("北岸模型实验室" if operator.language == "zh-CN" else exchange.buyer.name)
    page.locator("[name=state]").select_option("escalated")
    page.locator("[name=note]").fill("Both were asked for their reasons")
    operator.keeps_picture("operator-8-finding")
    operator.clicks_on("main form .btn-primary")
    expect(page.locator("tbody .state-bad")).to_be_visible()
    found = Finding.objects.get()
    assert (found.state, found.note) == ("escalated", "Both were asked for their reasons")


def _changes_fees(finance: Person, approver: Person) -> None:
    """Fees take two people."""
    User.objects.create_user("greta@example.com", PASSWORD, finance_role="approver")
    page = finance.goes_to("/finance/fees/")
    finance.clicks_on("a[href='/finance/fees/new']")
    page.locator("[name=taker_0]").fill("0.55")
    page.locator("[name=reason]").fill("Yearly review")
    finance.clicks_on("main form .btn-primary")
    finance.clicks_on("button[name=propose]")
    expect(page.locator("main")).to_contain_text("0.55%")
    approver.signs_in("greta@example.com")
    page = approver.goes_to("/finance/fees/")
    approver.keeps_picture("operator-9-fees")
    approver.clicks_on("form[action$='/approve'] button")
    expect(page.locator("form[action$='/approve']")).to_have_count(0)
    schedule = FeeSchedule.objects.latest("pk")
    assert (schedule.state, schedule.tiers[0][2]) == ("approved", 55)
    assert approver.errors == []


def _reads_the_trail_and_the_systems_health(operator: Person) -> None:
    page = operator.goes_to("/operations/")
    operator.clicks_on(".secondrow a[href='/operations/audit/']")
    words = (
        ("开设市场", "修改市场条款")
        if operator.language == "zh-CN"
        else ("Opened a market", "Changed a market's terms")
    )
    for text in (*words, "Calmer books", "Papers are missing", "fiona@example.com"):
        expect(page.locator("main")).to_contain_text(text)
    operator.keeps_picture("operator-10-audit")
    operator.clicks_on(".secondrow a[href='/operations/system/']")
    expect(page.locator("#live")).to_contain_text("PostgreSQL 18")
    expect(page.locator("#live tbody .state-good").first).to_be_visible()
    operator.keeps_picture("operator-11-system")


def _trade_back_and_forth(exchange: Exchange) -> None:
    """Let the provider buy back at once what it has sold, which surveillance finds."""
    now = timezone.now()
    exchange.provider.buys = True
    exchange.provider.save()
    deposit_funds(participant_id=exchange.provider.pk, amount_fen=1_000_000, key="test:provider", now=now)
    terms: dict[str, Any] = {"kind": Kind.HOURLY, "start": hour_of(now) + 3, "hours": 2, "quantity": 8}
    for request in (
        ask(exchange.site, price_fen=1000, **terms),
        bid(exchange.buyer, exchange.market, price_fen=1000, **terms),
        ask(exchange.site, participant=exchange.buyer, price_fen=900, **terms),
        bid(exchange.provider, exchange.market, price_fen=900, **terms),
    ):
        state = Order.State.OPEN if request.side < 0 else Order.State.FILLED
        wait_for_state(place_order(request=request, now=timezone.now()), state)
    scan_patterns(now=timezone.now())
    assert Finding.objects.get().pattern == Finding.Pattern.WASH


def _submit_a_site(exchange: Exchange) -> None:
    """A site of a class and in a hub that nothing is traded of yet."""
    facts: dict[str, Any] = {
        "name": "Hefei-1", "city": "Hefei", "accelerators": 16, "interconnect": "IB NDR 400", "network_gbps": 100,
        "power_source": "wind", "green_share_percent": 70,
        "compute_class": ComputeClass.objects.create(slug="B300-288G", name="NVIDIA B300", vendor="NVIDIA", position=9),
        "hub": Hub.objects.create(slug="gansu", name="Gansu", name_zh="甘肃", position=7),
    }  # fmt: skip
    own: dict[str, Any] = {"provider_id": exchange.provider.pk, "by": exchange.provider_email, "now": timezone.now()}
    profile = start_site(**own, **facts)
    submit_site(profile_id=profile.pk, **own)
