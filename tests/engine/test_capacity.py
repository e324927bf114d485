"""A million contracts with five million resting quantities fit in 4 GB, empty ones weigh next to nothing, and a year of hours leaves nothing behind.

`make soak` runs the whole of it and prints the figures; the tests of every day fill a hundredth.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GIGABYTE = 10**9
EMPTY_CONTRACT_BYTES_MAX = 64 + 16
"""A book, and its share of the page and the table that find it."""
SPANS = (1_000, 24, 1)
"""Hours of an order; orders of one hour weigh most."""

WARM_WEEKS = 3
"""After so many weeks no hour is the furthest yet."""
LEEWAY_BYTES = 2**20
"""What Python itself may take or give."""


def told(module: str, *arguments: object) -> dict[str, Any]:
    """Return what a module of tests.engine measures in a process of its own."""
    command = [sys.executable, "-m", f"tests.engine.{module}", *map(str, arguments)]
    figures: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    return figures


def grown(weeks: list[int]) -> int:
    return max(weeks[WARM_WEEKS:]) - weeks[WARM_WEEKS - 1]


def report(words: str, figures: object) -> None:
    sys.stdout.write(f"{words}: {figures}\n")


@pytest.mark.soak
@pytest.mark.parametrize("span", SPANS)
def test_five_million_quantities_in_a_million_contracts_fit_in_four_gigabytes(span: int) -> None:
    figures = told("capacity", "resting", span, 1_000, 1_000, 5_000_000)
    report(f"5,000,000 resting quantities, orders of {span} hours", figures)
    assert figures["quantities"] > 4_999_000
    assert figures["peak_bytes"] < 4 * GIGABYTE


@pytest.mark.soak
def test_a_million_empty_contracts_weigh_little_and_closed_ones_nothing() -> None:
    figures = told("capacity", "empty", 1_000, 1_000)
    report("1,000,000 contracts that were traded in and are empty", figures)
    assert figures["bytes"] <= EMPTY_CONTRACT_BYTES_MAX * figures["contracts"]
    assert figures["bytes_later"] - figures["bytes"] < GIGABYTE // 1_000


@pytest.mark.soak
def test_a_year_of_hours_in_fifty_markets_does_not_grow() -> None:
    figures = told("year", 50, 52)
    report("a year of 50 markets", figures)
    assert grown(figures["bytes"]) <= LEEWAY_BYTES


def test_a_hundredth_of_the_contracts_takes_a_hundredth_of_the_memory() -> None:
    figures = told("capacity", "resting", 1, 100, 100, 50_000)
    assert figures["bytes"] < 4 * GIGABYTE / 100


def test_fifteen_weeks_in_ten_markets_do_not_grow() -> None:
    assert grown(told("year", 10, 15)["bytes"]) <= LEEWAY_BYTES
