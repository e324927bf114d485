"""A replayed day's books, exported as an operator does it, pass the checks of the tools they are written for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.replay.database import drop_database
from tests.replay.commands import judge_by_other_tools, last_json, manage
from tests.replay.synthetic import write_synthetic_folder


@pytest.fixture
def kept(transactional_db: None) -> Iterator[str]:
    """Give the name of a database that is dropped after the test, if it was made."""
    name = f"test_books_{os.getpid()}"
    yield name
    drop_database(name)


@pytest.mark.slow
def test_a_replayed_days_books_and_e_invoices_are_right_by_other_peoples_tools(
    process_environment: dict[str, str], kept: str, tmp_path: Path
) -> None:
    folder = write_synthetic_folder(tmp_path / "day", bids=12)
    report = last_json(manage(process_environment, "replay", folder, "--json", "--database", kept))
    assert report["books_balance"]
    for kind in ("beancount", "hledger", "csv"):
        path = tmp_path / kind
        run = manage(process_environment, "export_books", "--format", kind, "--database", kept, "--output", path)
        assert run.returncode == 0, run.stderr
    fees = f"{report['fees_fen'] / 100:.2f}"
    bean_check = Path(sys.executable).with_name("bean-check")
    checked = subprocess.run([bean_check, tmp_path / "beancount"], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert f"balance Income:Fees  -{fees} CNY" in (tmp_path / "beancount").read_text(encoding="utf-8")
    if shutil.which("hledger") is not None:
        hledger = ["hledger", "-f", str(tmp_path / "hledger")]
        subprocess.run([*hledger, "check", "--strict"], check=True)
        balance = subprocess.run([*hledger, "balance", "Income:Fees"], capture_output=True, text=True, check=True)
        assert f"-{fees} CNY" in balance.stdout
    judged = judge_by_other_tools(process_environment, "--database", kept)
    assert (judged.returncode, judged.stdout.splitlines()[-1:]) == (0, ["0 faults"]), judged.stdout + judged.stderr
    assert "fee invoices" in judged.stdout


def test_what_cannot_be_exported_is_said(process_environment: dict[str, str], tmp_path: Path) -> None:
    wrong_order = ("--from", "2025-11-24", "--to", "2025-11-23")
    for arguments, said in (
        (("--chart", tmp_path / "none.toml"), "There is no chart of accounts"),
        (wrong_order, "--from 2025-11-24 is after --to 2025-11-23."),
        (("--database", "nowhere"), "There is no database nowhere."),
    ):
        run = manage(process_environment, "export_books", "--format", "csv", *arguments)
        assert run.returncode == 1
        assert said in run.stderr
