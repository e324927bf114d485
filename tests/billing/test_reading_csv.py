"""Readings from a CSV file: a checked preview, every fault by its line, whole or not at all."""

from __future__ import annotations

import pytest

from billing.delivery import reading_csv
from billing.delivery.reading_csv import import_readings, preview_readings
from billing.models import MeterReading
from billing.sheets import HeadsMissing, LinesRefused, NotText, TooLarge
from tests.billing.test_readings import sell
from tests.billing.world import World

HEAD = "site,hour,holder,accelerators,id\n"
GOOD = HEAD + "site-0,2025-11-24 00:00,buyer-0,7,a\nsite-0,2025-11-23T17:00Z,buyer-0,8,b\n"


def take(world: World, text: str | bytes) -> int:
    content = text.encode() if isinstance(text, str) else text
    return import_readings(provider_id=world.providers[0].pk, content=content, now=world.now)


def test_a_file_is_taken_in_once(world: World) -> None:
    sell(world)
    assert take(world, GOOD) == 2
    assert take(world, GOOD) == 0
    assert take(world, ("\ufeff" + GOOD).encode("utf-8")) == 0
    assert list(MeterReading.objects.order_by("hour").values_list("accelerators", flat=True)) == [7, 8]


def test_every_fault_is_named_by_its_line_and_nothing_is_taken_in(world: World) -> None:
    sell(world)
    text = GOOD + (
        "site-0,2025-11-24 00:30,buyer-0,1,c\n"
        "site-0,yesterday,buyer-0,1,d\n"
        "site-0,2025-11-24 00:00,buyer-0,1.5,e\n"
        "site-0,2025-11-24 00:00,buyer-0,-1,f\n"
        "site-0,2025-11-24 00:00,buyer-0,9,g\n"
        "site-0,2025-11-24 09:00,buyer-0,1,h\n"
        "site-1,2025-11-24 00:00,buyer-0,1,i\n"
        "site-0,2025-11-24 00:00,buyer-1,1,j\n"
        "site-0,2025-11-24 00:00,buyer-0,3,a\n"
        "site-0,2025-11-24 00:00,buyer-0,3,\n"
    )
    with pytest.raises(LinesRefused) as caught:
        take(world, text)
    lines = str(caught.value).splitlines()
    assert [int(line.split(":")[0].removeprefix("Line ")) for line in lines] == list(range(4, 14))
    for line, words in zip(
        lines,
        ("no full hour", "no time", "no whole number", "below 0", "holds 8", "not ended", "no site of yours",
         "holds nothing", "other numbers", "id is empty"),
        strict=True,
    ):  # fmt: skip
        assert words in line
    assert not MeterReading.objects.exists()


def test_the_preview_stores_nothing(world: World) -> None:
    sell(world)
    rows = preview_readings(provider_id=world.providers[0].pk, content=GOOD.encode(), now=world.now)
    assert [(row.line, row.fault, row.is_known) for row in rows] == [(2, "", False), (3, "", False)]
    assert not MeterReading.objects.exists()


def test_files_that_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HeadsMissing, match="accelerators"):
        take(world, "site,hour,holder,id\n")
    with pytest.raises(NotText):
        take(world, b"\xff\xff\xff")
    monkeypatch.setattr(reading_csv, "FILE_BYTES_MAX", 10)
    with pytest.raises(TooLarge):
        take(world, GOOD)
    monkeypatch.setattr(reading_csv, "FILE_BYTES_MAX", 1000)
    monkeypatch.setattr(reading_csv, "BATCH_MAX", 1)
    with pytest.raises(TooLarge):
        take(world, GOOD)
