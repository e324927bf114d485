"""Offers from a file: every line's fault, all or none, once, and a thousand lines in as few statements as one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.period import BEIJING
from billing.sheets import HeadsMissing, LinesRefused
from marketplace.offers.bulk_csv import import_offers, preview_offers, template_csv
from marketplace.offers.models import Offer
from matching.hours import moment_of
from matching.models import Order, Site
from tests.factories import HOUR, NOW, make_market, make_site

HEAD = "site,start,hours,quantity,price,display_quantity,expires_at,reference"


def _time(hour: int) -> str:
    return f"{moment_of(hour).astimezone(BEIJING):%Y-%m-%d %H:%M}"


def _file(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join([HEAD, *lines]).encode(encoding)


@pytest.fixture
def site(db: None) -> Site:
    """A site of 16 that steps by 10 fen."""
    return make_site(make_market(tick_fen=10), accelerators=16, slug="wuhu-1", name_zh="芜湖一号")


@pytest.mark.django_db
def test_each_line_at_fault_is_named_and_nothing_is_listed(site: Site) -> None:
    content = _file(
        f"wuhu-1,{_time(HOUR + 1)},2,12,9.50,,,day",
        f"wuhu-1,{_time(HOUR + 1)},2,8,9.50,,,too many with the line above",
        f"wuhu-1,{_time(HOUR + 5)},2,8,9.55,,,",
        f"elsewhere,{_time(HOUR + 5)},2,8,9.50,,,",
        "wuhu-1,2026-03-02 10:30,2,8,9.50,,,",
        f"wuhu-1,{_time(HOUR + 5)},many,8,9.50,,,",
    )
    lines = preview_offers(provider_id=site.provider_id, content=content, now=NOW)
    assert [line.line for line in lines if line.fault] == [3, 4, 5, 6, 7]
    faults = " ".join(line.fault for line in lines)
    for said in (
        "You have 4 free accelerators",
        "multiples of ¥0.10",
        "elsewhere is no site",
        "no full hour",
        "many is no",
    ):
        assert said in faults
    with pytest.raises(LinesRefused) as refused:
        import_offers(provider_id=site.provider_id, content=content, now=NOW)
    assert len(refused.value.errors) == 5
    assert not Offer.objects.exists()
    with pytest.raises(HeadsMissing, match="quantity"):
        preview_offers(provider_id=site.provider_id, content=b"site,start,hours,price\n", now=NOW)


@pytest.mark.django_db
def test_a_file_is_listed_once_with_its_icebergs_and_ends(site: Site) -> None:
    content = _file(f"芜湖一号,{_time(HOUR + 1)},2,12,9.50,4,{_time(HOUR + 2)},白天", encoding="gb18030")
    assert len(import_offers(provider_id=site.provider_id, content=content, now=NOW)) == 1
    order = Order.objects.get()
    assert (order.display_quantity, order.expires_at, order.offer.reference) == (4, moment_of(HOUR + 2), "白天")
    assert import_offers(provider_id=site.provider_id, content=content, now=NOW) == []
    (line,) = preview_offers(provider_id=site.provider_id, content=content, now=NOW)
    assert line.is_known
    assert Order.objects.count() == 1
    template = template_csv([site], now=NOW).encode()
    assert [line.fault for line in preview_offers(provider_id=site.provider_id, content=template, now=NOW)] == [""]


@pytest.mark.django_db
def test_a_thousand_lines_go_in_one_batch(site: Site) -> None:
    Site.objects.filter(pk=site.pk).update(accelerators=5000)

    def statements(lines: int) -> int:
        content = _file(*(f"wuhu-1,{_time(HOUR + 1 + n % 500)},1,1,9.50,,,{lines}" for n in range(lines)))
        with CaptureQueriesContext(connection) as captured:
            assert len(import_offers(provider_id=site.provider_id, content=content, now=NOW)) == lines
        return len(captured)

    assert statements(1000) <= statements(10) + 4
