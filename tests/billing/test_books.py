"""The books in other people's tools: they accept every file, and their trial balance is ours to the fen."""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader

from billing.books import export_books
from billing.books.chart import (
    DEFAULT_CHART,
    ChartError,
    ChartIncomplete,
    ChartNameInvalid,
    ChartNamesNested,
    ChartUnreadable,
    read_chart,
)
from billing.books.journal import Detail
from billing.models import Account, Transfer
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.trial_balances import beancounts, hledgers, not_zero, ours
from tests.billing.world import MONDAY, World

MONDAY_DATE, SUNDAY_DATE = date(2025, 11, 24), date(2025, 11, 30)
needs_hledger = pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")


@pytest.fixture
def week(world: World) -> World:
    """A settled week, and a trade still to be delivered; one name with all that a journal could choke on."""
    world.buyers[0].name_zh = 'A "B" \\ ; | C\nD'
    world.buyers[0].save()
    trade_a_week(world)
    world.settle(MONDAY + 24)
    world.settle(MONDAY + WEEK)
    bid = world.bid(1, start=MONDAY + 200, hours=5, quantity=3, price_fen=1234)
    world.trade(bid, price_fen=1200, quantity=1)
    world.clear()
    return world


def written(kind: str, **options: object) -> str:
    text = io.StringIO()
    export_books(text, format=kind, chart=options.pop("chart", None) or read_chart(), **options)  # type: ignore[arg-type]
    return text.getvalue()


@pytest.mark.parametrize("detail", list(Detail))
def test_beancounts_trial_balance_is_ours(week: World, detail: Detail) -> None:
    assert beancounts(written("beancount", detail=detail)) == ours()


@needs_hledger
@pytest.mark.parametrize("detail", list(Detail))
def test_hledgers_trial_balance_is_ours(week: World, tmp_path: Path, detail: Detail) -> None:
    path = tmp_path / "books.journal"
    path.write_text(written("hledger", detail=detail), encoding="utf-8")
    assert hledgers(path) == ours()


def test_the_csv_balances_and_adds_up_to_our_trial_balance(week: World) -> None:
    text = written("csv", detail=Detail.TRANSFER)
    assert text.startswith("\ufeffentry,date,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    sums, by_entry = defaultdict[str, int](int), defaultdict[str, int](int)
    for row in rows:
        fen = int(Decimal(row["debit"] or 0) * 100) - int(Decimal(row["credit"] or 0) * 100)
        sums[row["account"]] += fen
        by_entry[row["entry"]] += fen
    assert not_zero(sums) == ours()
    assert not_zero(by_entry) == {}
    posted = Transfer.objects.filter(phase__in=["posted", "post"], amount_fen__gt=0)
    assert {int(row["first_transfer"]) for row in rows} == set(posted.values_list("pk", flat=True))
    assert {(row["account_code"], row["account"]) for row in rows} >= {("1002", "Assets:Bank"), ("6051", "Income:Fees")}


def test_a_balance_changed_by_hand_is_told_by_beancount(week: World) -> None:
    Account.objects.filter(kind=Account.Kind.FEES).update(credits_posted=1)
    _entries, errors, _options = loader.load_string(written("beancount"))
    assert ["Balance failed" in error.message for error in errors] == [True]


def test_days_open_with_what_was_before_and_join_without_a_gap(week: World) -> None:
    before = beancounts(written("beancount", last=date(2025, 11, 23)))
    assert before == {name: fen for name, fen in before.items() if "Funds" in name or name == "Assets:Bank"}
    assert "Opening balances" not in written("beancount")
    later = written("beancount", first=MONDAY_DATE)
    assert "Opening balances" in later
    assert beancounts(later) == ours()
    assert beancounts(written("beancount", first=MONDAY_DATE, last=MONDAY_DATE)) == beancounts(
        written("beancount", last=MONDAY_DATE)
    )
    quiet = written("beancount", first=date(2030, 1, 1))
    assert beancounts(quiet) == ours()


def test_an_empty_ledger_is_an_empty_journal(db: None) -> None:
    assert beancounts(written("beancount")) == {}
    assert written("csv").count("\n") == 1


def chart_with(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "chart.toml"
    text = DEFAULT_CHART.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_chart_of_ones_own_renames_and_sums_up(week: World, tmp_path: Path) -> None:
    path = chart_with(tmp_path, "Liabilities:Participants:Funds:{participant}", "Liabilities:2203客户预付")
    balances = beancounts(written("beancount", chart=read_chart(path)))
    funds_fen = sum(fen for name, fen in ours().items() if ":Funds:" in name)
    assert balances["Liabilities:2203客户预付"] == funds_fen


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ("[accounts.vat]", "[accounts.tax]", ChartIncomplete, "no account for vat"),
        ('"Income:Fees"', "7", ChartIncomplete, "no account for fees"),
        ('"Income:Fees"', '"Revenue:Fees"', ChartNameInvalid, "Revenue:Fees is no account name"),
        ('"Income:Fees"', '"Income:fees"', ChartNameInvalid, "Income:fees is no account name"),
        ('"Income:Fees"', '"Income:{participant}:Fees"', ChartNameInvalid, "is no account name"),
        ('"Income:Fees"', '"Income:服务费"', ChartNameInvalid, "服务费 is no account name"),
        ('"Income:Fees"', '"Liabilities"', ChartNameInvalid, "Liabilities is no account name"),
        ('"Income:Fees"', '"Assets:Bank:Fees"', ChartNamesNested, "Assets:Bank:Fees stands inside Assets:Bank"),
        ('currency = "CNY"', 'currency = "¥"', ChartNameInvalid, "¥ is no currency code"),
        ('currency = "CNY"', "currency", ChartUnreadable, "cannot be read"),
    ],
)
def test_a_chart_that_cannot_be_used_says_why(
    tmp_path: Path, old: str, new: str, error: type[ChartError], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_chart(chart_with(tmp_path, old, new))


def test_a_chart_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_CHART", str(tmp_path / "none.toml"))
    with pytest.raises(ChartUnreadable, match=r"There is no chart of accounts .*none\.toml"):
        read_chart()
