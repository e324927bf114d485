"""The axis of delivery hours: names of days that never lie over each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.utils import timezone

from marketplace.web.ruler import DAY_SHARE, ruler


@pytest.mark.parametrize("hours", [24, 48, 168])
def test_names_of_days_keep_their_distance_wherever_the_axis_starts(hours: int) -> None:
    with timezone.override("Asia/Shanghai"):
        for start in range(490_000, 490_024):
            ticks = ruler(start, hours)
            named = [place for place, tick in enumerate(ticks) if tick.day]
            assert [place for place, tick in enumerate(ticks) if tick.is_midnight] == named[-(hours // 24) :]
            assert all(after - before >= DAY_SHARE * hours for before, after in pairwise(named))
            assert named[0] < DAY_SHARE * hours, "the first hours are named by their day, or by the near next one"
