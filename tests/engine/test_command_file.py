"""The program that plays command files, and the lines that it reads and prints."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from matching.engine.command_file import event_lines, read_commands
from matching.engine.dtypes import NULL, Do, TimeInForce

from .conftest import MakeEngine

ROOT = Path(__file__).parents[2]

ASK = (
    '{"do": "new", "id": 1, "participant": 7, "market": 0, "side": -1, "kind": "hourly",'
    ' "start": 10, "hours": 2, "quantity": 8, "price": 1700, "site": 4}'
)
BID = (
    '{"do": "new", "id": 2, "participant": 8, "market": 0, "side": 1, "kind": "block",'
    ' "start": 10, "hours": 2, "quantity": 3, "price": 1850}'
)
TRADES = """\
{"n": 1, "event": "trade", "taker": 2, "maker": 1, "hour": 10, "price": 1700, "quantity": 3, "site": 4}
{"n": 1, "event": "trade", "taker": 2, "maker": 1, "hour": 11, "price": 1700, "quantity": 3, "site": 4}
{"n": 1, "event": "gone", "id": 2, "why": "filled"}
"""
RESTING = """\
{"event": "resting", "id": 1, "hour": 10, "open": 5}
{"event": "resting", "id": 1, "hour": 11, "open": 5}
"""


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Play; the time allows for a machine where the kernel is not compiled yet."""
    command = [sys.executable, "-m", "matching.engine", *arguments]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=280, check=False)


def test_plays_a_file_and_prints_its_events(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    path.write_text(f"{ASK}\n{BID}\n")
    done = run(str(path), "--engine", "reference")
    assert (done.returncode, done.stdout, done.stderr) == (0, TRADES, "")


def test_prints_what_rests_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl.gz"
    path.write_bytes(gzip.compress(f"{ASK}\n{BID}\n".encode()))
    assert run(str(path), "--engine", "reference", "--resting").stdout == TRADES + RESTING


def test_says_why_an_order_does_not_trade_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    path.write_text(f"{ASK}\n{BID}\n")
    reasons = (
        '{"event": "why_not", "id": 1, "hour": 10, "lacking": 5, "available": 0, "short_fen": 0}\n'
        '{"event": "why_not", "id": 1, "hour": 11, "lacking": 5, "available": 0, "short_fen": 0}\n'
    )
    asked = run(str(path), "--engine", "reference", "--why-not", "2", "--why-not", "1")
    assert asked.stdout == TRADES + reasons


def test_events_of_an_order_with_alternatives_keep_the_line_s_number(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    both = BID.replace("}", ', "alternatives": [{"market": 1, "start": 10, "price": 1850}]}')
    path.write_text(f"{ASK}\n{both}\n{BID}\n")
    told = run(str(path), "--engine", "reference").stdout.splitlines()
    assert [json.loads(line)["n"] for line in told] == [1, 1, 1, 2, 2, 2]


def test_the_kernel_is_the_default(make_kernel: MakeEngine, tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    path.write_text(f"{ASK}\n{BID}\n")
    assert run(str(path), "--resting").stdout == TRADES + RESTING


def test_reads_standard_input() -> None:
    assert run("-", "--engine", "reference", stdin=f"{ASK}\n{BID}\n").stdout == TRADES


def test_many_lines_are_numbered_through(tmp_path: Path) -> None:
    """More lines than one call plays; blank lines count."""
    path = tmp_path / "commands.jsonl"
    path.write_text("\n" + '{"do": "cancel", "id": 5}\n' * 9_000)
    told = [json.loads(line) for line in run(str(path), "--engine", "reference").stdout.splitlines()]
    assert [event["n"] for event in told] == list(range(1, 9_001))


def test_a_file_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    done = run(str(tmp_path / "absent.jsonl"), "--engine", "reference")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"Cannot read {tmp_path}/absent.jsonl: No such file or directory. Name a file of JSON lines, plain or .gz.\n"
    )


def test_a_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    done = run(str(tmp_path), "--engine", "reference")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Cannot read {tmp_path}: Is a directory.")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("content", [b"not gzip at all", gzip.compress(ASK.encode() * 99)[:-12]], ids=["other", "cut"])
def test_a_broken_gz_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.jsonl.gz"
    path.write_bytes(content)
    done = run(str(path), "--engine", "reference")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Cannot read {path}: ")
    assert done.stderr.count("\n") == 1


MALFORMED = {
    "not JSON": ("{", None),
    "not an object": ("[1, 2]", None),
    "a number": ("17", None),
    "not text": (b"\xff\xfe{}", None),
    "nothing to do": ('{"id": 9}', 9),
    "an unknown verb": ('{"do": "buy", "id": 9}', 9),
    "a verb that is no word": ('{"do": ["new"], "id": 9}', 9),
    "a field missing": (ASK.replace('"participant": 7, ', ""), 1),
    "a field misspelt": (ASK.replace('"site"', '"sight"'), 1),
    "a field of another verb": ('{"do": "cancel", "id": 9, "price": 3}', 9),
    "a band's field misspelt": ('{"do": "band", "market": 0, "width": 3}', None),
    "a halt of no market": ('{"do": "halt", "start": 3, "hours": 1}', None),
    "null where a number belongs": (ASK.replace("8", "null"), 1),
    "text where a number belongs": (ASK.replace("8", '"8"'), 1),
    "a fraction": (ASK.replace("8", "8.0"), 1),
    "a truth value as a number": (ASK.replace("8", "true"), 1),
    "a number as a truth value": (BID.replace("}", ', "one_site": 1}'), 2),
    "a third side": (ASK.replace("-1", "0"), 1),
    "an unknown kind": (ASK.replace("hourly", "daily"), 1),
    "an unknown time in force": (BID.replace("}", ', "tif": "gtc"}'), 2),
    "an unknown mode": (BID.replace("}", ', "self_trade": "allow"}'), 2),
    "no id": ('{"do": "cancel"}', None),
    "an id that is no number": ('{"do": "cancel", "id": "9"}', None),
    "an id beyond 64 bits": ('{"do": "cancel", "id": 18446744073709551616}', None),
    "brackets without end": ("[" * 100_000, None),
    "digits without end": ('{"do": "cancel", "id": ' + "9" * 10_000 + "}", None),
}


@pytest.mark.parametrize(("line", "id_"), MALFORMED.values(), ids=MALFORMED)
def test_a_line_that_cannot_be_read_is_rejected_in_its_turn(
    make_engine: MakeEngine, line: str | bytes, id_: int | None
) -> None:
    commands = read_commands([ASK, line, BID])
    told = [json.loads(line) for line in event_lines(make_engine().apply(commands), np.arange(3))]
    assert told[0] == {"n": 1, "event": "rejected", "id": id_, "why": "malformed"}
    assert [event["n"] for event in told[1:]] == [2, 2, 2], "the lines around it are played"


TOO_LARGE = {
    "quantity": ASK.replace('"quantity": 8', f'"quantity": {10**12}'),
    "market": ASK.replace('"market": 0', f'"market": {2**31}'),
    "participant": ASK.replace('"participant": 7', f'"participant": {10**30}'),
    "site": ASK.replace('"site": 4', f'"site": {2**40}'),
    "price": ASK.replace("1700", f"-{10**12}"),
}


@pytest.mark.parametrize("line", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_number_too_large_for_its_field_is_out_of_bounds(make_engine: MakeEngine, line: str) -> None:
    told = [json.loads(line) for line in event_lines(make_engine().apply(read_commands([line])), np.arange(1))]
    assert told == [{"n": 0, "event": "rejected", "id": 1, "why": "bounds"}]


def test_defaults_are_those_of_the_rules() -> None:
    (command,) = read_commands([BID])
    assert command["do"] == Do.NEW
    assert command["tif"] == TimeInForce.GTC
    nulls = ("site", "min_quantity", "display_quantity")
    assert all(command[name] == NULL for name in nulls)
    zeros = ("start_flexibility", "one_site", "post_only", "self_trade", "malformed")
    assert all(command[name] == 0 for name in zeros)


def test_a_price_of_null_is_a_market_order_and_of_a_replace_unchanged() -> None:
    market, unchanged = read_commands([BID.replace("1850", "null"), '{"do": "replace", "id": 2, "price": null}'])
    assert market["price"] == NULL
    assert unchanged["price"] == NULL
    assert unchanged["quantity"] == NULL
