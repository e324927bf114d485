"""Whoever runs the exchange sees which markets have a matcher and how long orders wait."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from matching.leases import leave, share_leases
from matching.standing import read_standing
from tests.factories import NOW, ask
from tests.matching.conftest import Exchange, place


def test_what_waits_is_counted_and_ages(exchange: Exchange) -> None:
    place([ask(exchange.north)])
    (group,) = read_standing()
    assert (group.link_group, group.markets, group.matcher, group.waiting) == ("all", 1, None, 2)
    assert group.lag_s(NOW + timedelta(seconds=5)) == 5
    exchange.matcher.drain()
    (group,) = read_standing()
    assert (group.waiting, group.sequence, group.lag_s(NOW + timedelta(seconds=5))) == (0, 2, 0)


def test_the_command_and_the_page_tell_of_a_missing_matcher(exchange: Exchange, client: Client) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("matchers", stdout=StringIO())
    assert ended.value.code == 1
    assert client.get("/health/").json()["is_matching"] is False
    assert share_leases("matcher one").keys() == {"all"}
    said = StringIO()
    call_command("matchers", "--json", stdout=said)
    assert '"matcher": "matcher one"' in said.getvalue()
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["is_matching"]) == (200, True)
    leave("matcher one")
    assert client.get("/health/").json()["is_matching"] is False


def test_two_holders_share_and_the_one_left_takes_all(exchange: Exchange) -> None:
    one = share_leases("matcher one")
    assert share_leases("matcher two") == {}
    assert share_leases("matcher one") == one  # the only group stays where it is
    leave("matcher one")
    (token,) = share_leases("matcher two").values()
    assert token > one["all"]
