"""The examples of docs/engine.md give the events that the page says."""

import re
from pathlib import Path

import pytest

from matching.engine.command_file import event_lines, read_numbered, resting_lines, why_not_lines
from matching.engine.dtypes import Detail

from .conftest import MakeEngine

PAGE = Path(__file__).parents[2] / "docs" / "engine.md"

EXAMPLES = re.findall(r"```jsonl\n(.*?)```\s+```events\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("lines", "expected"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_gives_what_the_page_says(make_engine: MakeEngine, lines: str, expected: str) -> None:
    engine = make_engine()
    commands, numbers = read_numbered(enumerate(lines.splitlines()))
    detail = Detail.ALL if '"event": "accepted"' in expected else Detail.OUTCOMES
    told = list(event_lines(engine.apply(commands, detail), numbers))
    if '"event": "resting"' in expected:
        told += resting_lines(engine.resting())
    for id_ in dict.fromkeys(map(int, re.findall(r'"event": "why_not", "id": (\d+)', expected))):
        told += why_not_lines(id_, engine.why_not(id_))
    assert told == expected.splitlines()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6
