"""What every page has: navigation by role, theme and colours that stay, times in one's own zone, honest error pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import engines
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from marketplace.accounts.models import User
from marketplace.web.navigation import SECTIONS
from marketplace.web.templatetags.hours import span_text
from marketplace.web.templatetags.numbers import bps, change, money, percent, plain_yuan, yuan
from matching.hours import hour_of
from tests.web.floor import Floor


@pytest.mark.parametrize("role", SECTIONS)
def test_every_place_of_the_navigation_exists(role: str) -> None:
    for section in SECTIONS[role]:  # type: ignore[index]
        assert reverse(section.url_name)
        assert all(reverse(part.url_name) for part in section.parts)


def test_a_visitors_choices_stay_in_the_browser(client: Client, db: None) -> None:
    client.post("/preferences/", {"theme": "dark", "next": "/"})
    client.post("/preferences/", {"up_down": "red-up", "next": "/"})
    html = client.get("/").content.decode()
    assert 'data-bs-theme="dark"' in html
    assert 'data-ud="red-up"' in html


def test_a_persons_choices_follow_the_account(alice: Client, floor: Floor) -> None:
    alice.post("/preferences/", {"theme": "light", "next": "/"})
    assert User.objects.get(email="alice@example.com").theme == "light"
    other = Client()
    other.force_login(User.objects.get(email="alice@example.com"))
    assert 'data-bs-theme="light"' in other.get("/").content.decode()


def test_going_back_never_leaves_the_site(client: Client, db: None) -> None:
    assert client.post("/preferences/", {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"


def test_times_are_in_the_persons_zone(alice: Client, floor: Floor) -> None:
    User.objects.update(time_zone="Europe/Berlin")
    assert 'data-time-zone="Europe/Berlin"' in alice.get("/").content.decode()
    User.objects.update(time_zone="Mars/Olympus")
    assert 'data-time-zone="Asia/Shanghai"' in alice.get("/").content.decode()


def test_a_wrong_address_says_where_to_go(client: Client, db: None) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "Start again from the market" in response.content.decode()


def test_the_error_page_needs_nothing() -> None:
    assert "Something broke on our side" in engines["django"].get_template("500.html").render()


def test_pages_carry_no_inline_script(client: Client, floor: Floor) -> None:
    for url in ("/", "/markets/", "/markets/H800-80G.yangtze-delta/", "/buy/"):
        response = client.get(url)
        html = response.content.decode()
        assert "<script>" not in html
        assert "onclick=" not in html
        assert "'unsafe-inline'" not in response["Content-Security-Policy"].split("script-src")[1].split(";")[0]


def test_numbers_are_written_one_way() -> None:
    assert (yuan(3430415), money(-800000), money(0)) == ("34,304.15", "−¥8,000.00", "¥0.00")
    assert (money(None), plain_yuan(123456), plain_yuan(None)) == ("—", "1234.56", "")
    assert (percent(0.374), bps(60), bps(600)) == ("37.4%", "0.60%", "6%")
    assert "▲" in change(0.118)
    assert 'class="down"' in change(-0.02)
    assert "0.0%" in change(0.0)


def test_spans_name_the_day_once() -> None:
    start = hour_of(datetime(2031, 11, 24, 10, tzinfo=UTC))
    with timezone.override("Asia/Shanghai"):
        assert span_text(start, 4) == "Mon 24 Nov 2031 18:00 → 22:00"
        assert span_text(start, 6) == "Mon 24 Nov 2031 18:00 → 24:00"
        assert span_text(start, 48) == "Mon 24 Nov 2031 18:00 → Wed 26 Nov 2031 18:00"
        with translation.override("zh-hans"):
            assert span_text(start, 4).endswith("2031年11月24日 18:00 → 22:00")
