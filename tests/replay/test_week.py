"""A replay folder with something wrong: one sentence names file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marketplace.replay.table import UnableToReadFolder
from marketplace.replay.week import read_week
from tests.replay.folder import bid, offer, site, write_folder


def said_of(folder: Path) -> str:
    with pytest.raises(UnableToReadFolder) as caught:
        read_week(folder)
    return str(caught.value)


def test_a_good_folder_is_read_in_file_order(tmp_path: Path) -> None:
    write_folder(tmp_path, bids=[bid("b2", placement="one_site"), bid("b1", at="-0.25")])
    week = read_week(tmp_path)
    assert [row.bid for row in week.bids] == ["b2", "b1"]
    assert [row.one_site for row in week.bids] == [True, False]
    assert week.offers[0].provider == "north"
    assert week.end_hour == 24
    assert len(week.markets()) == 1


def test_further_columns_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    write_folder(tmp_path)
    text = (tmp_path / "sites.csv").read_text()
    lines = [f"{line},{'note' if row == 0 else 'x'}" for row, line in enumerate(text.splitlines())]
    (tmp_path / "sites.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert len(read_week(tmp_path).sites) == 1


@pytest.mark.parametrize("file", ["sites.csv", "offers.csv", "bids.csv"])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    (write_folder(tmp_path) / file).unlink()
    assert said_of(tmp_path) == f"{file} is missing in {tmp_path}."


def test_something_else_than_a_folder_is_named(tmp_path: Path) -> None:
    assert said_of(tmp_path / "nowhere").endswith("nowhere is not a folder.")


@pytest.mark.parametrize(
    ("file", "column"),
    [("sites.csv", "accelerators"), ("offers.csv", "listed_at_h"), ("bids.csv", "limit_fen_per_accelerator_hour")],
)
def test_a_missing_column_is_named(tmp_path: Path, file: str, column: str) -> None:
    path = write_folder(tmp_path) / file
    path.write_text(path.read_text().replace(column, "else"))
    assert said_of(tmp_path) == f"{file} line 1: the column is missing: {column}."


def test_an_empty_file_lacks_its_columns(tmp_path: Path) -> None:
    (write_folder(tmp_path) / "bids.csv").write_text("")
    assert said_of(tmp_path).startswith("bids.csv line 1: the columns are missing: bid, buyer,")


def test_a_line_of_the_wrong_length_is_named(tmp_path: Path) -> None:
    path = write_folder(tmp_path) / "offers.csv"
    path.write_text(path.read_text() + "o2,north\n")
    assert said_of(tmp_path) == "offers.csv line 3: 2 cells where the header has 10 columns."


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (write_folder(tmp_path) / "bids.csv").write_bytes(b"bid,\xff\xfe\n")
    assert said_of(tmp_path) == "bids.csv is not UTF-8 text. Save it as UTF-8."


@pytest.mark.parametrize("value", ["", "x", "1_000", "８", "nan", "inf", "0x10", "1 2", "99999999999999999999"])
@pytest.mark.parametrize("column", ["accelerators", "submitted_at_h"])
def test_a_cell_that_is_no_number_is_named(tmp_path: Path, column: str, value: str) -> None:
    write_folder(tmp_path, bids=[bid("b1"), bid("b2") | {column: value}])
    noun = "a whole number" if column == "accelerators" else "a number"
    assert said_of(tmp_path) == f"bids.csv line 3: {column} is {value!r}, not {noun}."


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"accelerators": 0}, "accelerators is 0; it can be 1 to 1000000."),
        ({"hours": 1025}, "hours is 1025; it can be 1 to 1024."),
        ({"start_flexibility_h": -1}, "start_flexibility_h is -1; it can be 0 to 168."),
        ({"limit_fen_per_accelerator_hour": 10_000_001}, "limit_fen_per_accelerator_hour is 10000001;"),
        ({"starts_at_h": "1.5"}, "starts_at_h is '1.5', not a whole number."),
        ({"submitted_at_h": "1e9"}, "submitted_at_h is 1E+9; it can be"),
        ({"placement": "anywhere"}, "placement is 'anywhere'; it can be any_site or one_site."),
        ({"hub": "atlantis"}, "the hub atlantis is unknown; the hubs are chengdu-chongqing,"),
        ({"compute_class": "Abacus"}, "the compute class Abacus is unknown; no site in sites.csv has it."),
        ({"buyer": ""}, "buyer is empty."),
        ({"bid": "b" * 65}, "bid is 65 characters long; the most is 64."),
        ({"bid": "b\x07"}, "bid contains a control character."),
        ({"bid": "b1"}, "the bid b1 stands in the file twice."),
    ],
)
def test_a_bid_that_cannot_be_is_named(tmp_path: Path, cells: dict[str, Any], said: str) -> None:
    write_folder(tmp_path, bids=[bid("b1"), {**bid("b2"), **cells}])
    assert said_of(tmp_path).startswith(f"bids.csv line 3: {said}")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"site": "south.a100"}, "the site south.a100 is unknown; sites.csv does not list it."),
        ({"hub": "atlantis"}, "the hub atlantis is unknown;"),
        ({"hub": "guizhou"}, "hub is 'guizhou', but the site north.a100 has 'yangtze-delta' in sites.csv."),
        ({"provider": "south"}, "provider is 'south', but the site north.a100 has 'north' in sites.csv."),
        ({"price_fen_per_accelerator_hour": "9.5"}, "price_fen_per_accelerator_hour is '9.5', not a whole number."),
        ({"offer": "o1"}, "the offer o1 stands in the file twice."),
        (
            {"accelerators": 9, "starts_at_h": 24},
            "the offer o2 lists 9 accelerators in hour 24; the site north.a100 has 8.",
        ),
        (
            {"accelerators": 5, "starts_at_h": 23},
            "the offer o2 lists 5 accelerators in hour 23 besides 4 in earlier offers; the site north.a100 has 8.",
        ),
    ],
)
def test_an_offer_that_cannot_be_is_named(tmp_path: Path, cells: dict[str, Any], said: str) -> None:
    write_folder(tmp_path, offers=[offer("o1"), {**offer("o2"), **cells}])
    assert said_of(tmp_path).startswith(f"offers.csv line 3: {said}")


def test_offers_that_just_fit_are_read(tmp_path: Path) -> None:
    write_folder(tmp_path, offers=[offer("o1"), offer("o2"), offer("o3", accelerators=8, start=24)])
    assert len(read_week(tmp_path).offers) == 3


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"accelerators": "many"}, "accelerators is 'many', not a whole number."),
        ({"hub": "atlantis"}, "the hub atlantis is unknown;"),
        ({"site": "north.a100"}, "the site north.a100 stands in the file twice."),
    ],
)
def test_a_site_that_cannot_be_is_named(tmp_path: Path, cells: dict[str, Any], said: str) -> None:
    write_folder(tmp_path, sites=[site(), {**site("south.a100"), **cells}])
    assert said_of(tmp_path).startswith(f"sites.csv line 3: {said}")


def test_no_site_at_all_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, sites=[], offers=[], bids=[])
    assert said_of(tmp_path) == "sites.csv has no site; there is nowhere to deliver."
