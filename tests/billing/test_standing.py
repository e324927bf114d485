"""How far clearing is behind can be seen by whoever watches the exchange."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing.clearing import clear
from billing.standing import read_clearing_standing
from tests.web.floor import open_floor


@pytest.mark.django_db
def test_the_lag_grows_until_clearing_has_read_all() -> None:
    open_floor()
    now = timezone.now()
    standing = read_clearing_standing()
    assert standing.waiting >= 2  # Bob's two offers have been played
    assert standing.lag_s(now + timedelta(minutes=1)) >= 60
    told = Client().get("/health/").json()["clearing"]
    assert told["waiting"] == standing.waiting
    clear(now=now)
    standing = read_clearing_standing()
    assert (standing.waiting, standing.lag_s(now)) == (0, 0.0)
    assert Client().get("/health/").json()["clearing"] == {"waiting": 0, "lag_s": 0.0}
