"""`manage.py replay` and `manage.py verify`, run as an operator runs them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from marketplace.replay.database import database_address, drop_database, drop_forgotten
from tests.replay.commands import judge_by_other_tools, last_json, manage
from tests.replay.folder import bid, offer, site, write_folder

REAL_WEEK = settings.BASE_DIR.parent / "shared" / "data" / "replay-week"


@pytest.fixture
def kept(transactional_db: None) -> Iterator[str]:
    """Give the name of a database that is dropped after the test, if it was made."""
    name = f"test_kept_{os.getpid()}"
    yield name
    drop_database(name)


def replay_databases() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'suanshi_replay%'")
        return [name for (name,) in cursor.fetchall()]


def test_a_small_week_by_hand(process_environment: dict[str, str], tmp_path: Path) -> None:
    """Two accelerators for two hours at 1000 fen: fee 24 (60 bps), VAT 241 (6 % of 4024); the provider gets 4000 - 8."""
    bids = [bid("fills"), bid("too-long", hours=30), bid("too-cheap", 999), bid("too-late", at="1.0")]
    report = last_json(manage(process_environment, "replay", write_folder(tmp_path, bids=bids), "--json"))
    expected = {
        "bids": 4,
        "bids_filled": 1,
        "hourly_fills": 2,
        "accelerator_hours": 4,
        "value_fen": 4000,
        "surplus_fen": 2000,
        "trades": 1,
        "buyers_charged_fen": 4265,
        "providers_paid_fen": 3992,
        "fees_fen": 32,
        "vat_fen": 241,
        "holds_left_fen": 0,
        "invoices": 3,  # the buyer's, the provider's statement, and the fee invoice to it
        "books_balance": True,
        "orders_refused": {"gate_closed": 1},
    }
    assert {key: report[key] for key in expected} == expected
    assert replay_databases() == []


def test_a_folder_with_an_error_writes_nothing(process_environment: dict[str, str], tmp_path: Path) -> None:
    write_folder(tmp_path, offers=[offer("o1"), offer("o2", accelerators=5)])
    run = manage(process_environment, "replay", tmp_path, "--json")
    assert run.returncode != 0
    assert run.stdout == ""
    assert run.stderr.strip() == (
        "CommandError: offers.csv line 3: the offer o2 lists 5 accelerators in hour 0 besides 4 in earlier offers; "
        "the site north.a100 has 8."
    )
    assert replay_databases() == []


def test_a_kept_week_is_verified_and_a_changed_amount_is_named(
    process_environment: dict[str, str], kept: str, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path)
    run = manage(process_environment, "replay", folder, "--database", kept)
    assert run.returncode == 0, run.stderr
    assert "bids_filled" in run.stdout
    verified = manage(process_environment, "verify", "--database", kept)
    assert verified.returncode == 0, verified.stdout
    assert verified.stdout.count("agrees") == 2

    again = manage(process_environment, "replay", folder, "--database", kept)
    assert again.returncode == 1
    assert f"The database {kept} exists." in again.stderr

    with psycopg.connect(database_address(kept)) as changed:
        changed.execute("UPDATE matching_trade SET price_fen = price_fen + 1")
    verified = manage(process_environment, "verify", "--database", kept, "--json")
    assert verified.returncode == 1
    answer = json.loads(verified.stdout.splitlines()[-1])
    assert answer["ok"] is False
    assert any("trade" in sentence for sentence in answer["differences"])


def test_seed_only_makes_an_exchange_without_orders(
    process_environment: dict[str, str], kept: str, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path, sites=[site(), site("south.a100", "south")])
    report = last_json(manage(process_environment, "replay", folder, "--seed-only", "--database", kept, "--json"))
    assert {**report, "seconds": 0} == {"participants": 3, "markets": 1, "sites": 2, "seconds": 0}
    with psycopg.connect(database_address(kept)) as seeded:
        assert seeded.execute("SELECT count(*) FROM matching_order").fetchone() == (0,)
        assert seeded.execute("SELECT count(*) FROM accounts_user").fetchone() == (3,)


def test_verify_names_a_database_that_is_not_there(process_environment: dict[str, str]) -> None:
    run = manage(process_environment, "verify", "--database", "nowhere")
    assert run.returncode == 1
    assert "There is no database nowhere." in run.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not REAL_WEEK.is_dir(), reason="the real week (../shared/data/replay-week) is not here")
def test_the_real_week(process_environment: dict[str, str]) -> None:
    report = last_json(manage(process_environment, "replay", REAL_WEEK, "--json"))
    expected = json.loads((REAL_WEEK / "expected.json").read_text())
    shared = expected.keys() & report.keys()
    assert {"bids", "bids_filled", "hourly_fills", "accelerator_hours", "value_fen", "surplus_fen", "digest"} <= shared
    assert {key: report[key] for key in shared} == {key: expected[key] for key in shared}
    assert report["books_balance"] is True, report["differences"]
    assert report["holds_left_fen"] == 0
    charged = report["providers_paid_fen"] + report["fees_fen"] + report["vat_fen"]
    assert report["buyers_charged_fen"] == charged


@pytest.mark.soak
@pytest.mark.skipif(not REAL_WEEK.is_dir(), reason="the real week (../shared/data/replay-week) is not here")
def test_the_real_week_is_right_by_other_peoples_tools(process_environment: dict[str, str]) -> None:
    judged = judge_by_other_tools(process_environment, REAL_WEEK)
    assert (judged.returncode, judged.stdout.splitlines()[-1:]) == (0, ["0 faults"]), judged.stdout + judged.stderr


@pytest.mark.skipif(settings.EMBEDDED_POSTGRES_DIR is None, reason="another machine's replays may be on this server")
def test_what_a_killed_replay_left_behind_is_dropped(transactional_db: None) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    prefix = "test_forgotten_"
    names = [f"{prefix}{ended.pid}", f"{prefix}{os.getpid()}"]
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"CREATE DATABASE {name}")
    drop_forgotten(prefix)
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        assert cursor.fetchall() == [(names[1],)], "the one of a living process stays"
    drop_database(names[1])
