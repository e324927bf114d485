"""The real week played by two matcher processes at once trades what it trades by one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.conf import settings

from marketplace.replay.player import Player
from marketplace.replay.report import differences_from_expected, week_report
from marketplace.replay.seed import seed_week
from marketplace.replay.week import read_week
from matching.linking import link_markets
from matching.models import Command, LeaseHolder, Market
from tests.matching.processes import matchers
from tests.replay.test_killed_matcher import CALENDAR

REAL_WEEK: Path = settings.BASE_DIR.parent / "shared" / "data" / "replay-week"
WAIT_S_MAX = 60


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.skipif(not REAL_WEEK.is_dir(), reason="the real week (../shared/data/replay-week) is not here")
def test_two_matchers_play_the_real_week_as_one_does(process_environment: dict[str, str]) -> None:
    week = read_week(REAL_WEEK)
    seeded = seed_week(week=week, now=CALENDAR.start)
    # The processes' own clock finds nothing to close before the week.
    Market.objects.update(closed_until=CALENDAR.first_hour + week.first_hour)
    symbols = list(Market.objects.order_by("id").values_list("symbol", flat=True))
    link_markets(symbols=symbols[::2], link_group="even")
    with matchers(process_environment, 2) as (_, second):
        second.wait_for("ready")
        Player(week=week, seeded=seeded, match=wait_for_the_matchers, calendar=CALENDAR).play()
        assert [holder.leases.count() for holder in LeaseHolder.objects.all()] == [1, 1]
    report = week_report(week=week, first_hour=CALENDAR.first_hour)
    assert differences_from_expected(report, REAL_WEEK) == []
    assert report["books_balance"] is True


def wait_for_the_matchers() -> None:
    """Wait until the inbox is empty."""
    deadline = time.monotonic() + WAIT_S_MAX
    while Command.objects.filter(sequence=None).exists():
        assert time.monotonic() < deadline, "the matchers do not keep up"
        time.sleep(0.005)
