"""How matchers come to their leases."""

from __future__ import annotations

import pytest

from matching.leases import share_leases
from tests.factories import make_market


@pytest.mark.django_db
def test_a_matcher_that_pauses_between_its_beat_and_its_count_still_counts_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_market()
    monkeypatch.setattr("matching.leases.LEASE_S", 0)  # run out as soon as it was given
    assert share_leases("matcher that pauses") == {"all": 1}
