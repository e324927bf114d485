"""Command files: JSON lines in, rows of COMMAND out; rows of EVENT and RESTING in, JSON lines out.

The lines are those of docs/engine.md. A line that cannot be read becomes a command that the
engine rejects as malformed, in its turn; a number too large for its field is clamped, so that it is out of bounds.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from matching.engine.bounds import ALTERNATIVES_MAX
from matching.engine.dtypes import COMMAND, NULL, Do, Event, Kind, SelfTrade, Side, TimeInForce, Why, blank_commands

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1

Reader = Callable[[Any], int]

Columns = dict[str, int]
"""One row of COMMAND, by column."""


class MalformedLine(ValueError):
    """A line that is no command: not JSON, a field missing, unknown, or of another type."""


def integer(value: Any) -> int:
    if type(value) is not int:
        raise MalformedLine("not an integer")
    return max(-INT32_MAX, min(value, INT32_MAX))


def order_id(value: Any) -> int:
    if type(value) is not int or not -INT64_MAX <= value <= INT64_MAX:
        raise MalformedLine("not an id")
    return value


def optional_integer(value: Any) -> int:
    return NULL if value is None else integer(value)


def flag(value: Any) -> int:
    if type(value) is not bool:
        raise MalformedLine("not true or false")
    return int(value)


def side(value: Any) -> int:
    if type(value) is not int or value not in list(Side):
        raise MalformedLine("side is 1 or -1")
    return value


def alternatives(value: Any) -> int:
    """Return how many there are; `read_rows` reads them."""
    if not isinstance(value, list) or len(value) > ALTERNATIVES_MAX:
        raise MalformedLine(f"not a list of up to {ALTERNATIVES_MAX}")
    return len(value)


def one_of(codes: Mapping[str, int]) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, str) or value not in codes:
            raise MalformedLine(f"not one of {', '.join(codes)}")
        return codes[value]

    return read


KINDS = {kind.name.lower(): kind for kind in Kind}
TIMES_IN_FORCE = {tif.name: tif for tif in TimeInForce}
SELF_TRADES = {mode.name.lower(): mode for mode in SelfTrade}

REQUIRED: dict[Do, dict[str, Reader]] = {
    Do.NEW: {
        "id": order_id,
        "participant": integer,
        "market": integer,
        "side": side,
        "kind": one_of(KINDS),
        "start": integer,
        "hours": integer,
        "quantity": integer,
    },
    Do.ALTERNATIVE: {"market": integer, "start": integer, "price": optional_integer},
    Do.REPLACE: {"id": order_id},
    Do.CANCEL: {"id": order_id},
    Do.MASS_CANCEL: {"participant": integer},
    Do.CLOSE: {"market": integer, "hour": integer},
    Do.TIME: {"minute": integer},
    Do.BAND: {"market": integer},
    Do.HALT: {"market": integer},
    Do.COLLECT: {"market": integer},
    Do.RESUME: {"market": integer},
}

SPAN: dict[str, Reader] = {"start": optional_integer, "hours": optional_integer}

OPTIONAL: dict[Do, dict[str, Reader]] = {
    Do.NEW: {
        "price": optional_integer,
        "tif": one_of(TIMES_IN_FORCE),
        "site": optional_integer,
        "start_flexibility": integer,
        "one_site": flag,
        "min_quantity": optional_integer,
        "display_quantity": optional_integer,
        "expires_minute": optional_integer,
        "post_only": flag,
        "self_trade": one_of(SELF_TRADES),
        "alternatives": alternatives,
    },
    Do.ALTERNATIVE: {"start_flexibility": integer},
    Do.REPLACE: {"quantity": optional_integer, "price": optional_integer},
    Do.BAND: {"reference": optional_integer, "band": optional_integer},
    Do.HALT: SPAN,
    Do.COLLECT: SPAN,
    Do.RESUME: SPAN,
}

DOES = {do.name.lower(): do for do in REQUIRED if do is not Do.ALTERNATIVE}

COLUMN = {"hour": "start", "minute": "expires_minute", "reference": "price", "band": "quantity"}
"""Where a field of a line stands under another name in COMMAND."""

FIELDS = tuple(str(name) for name in COMMAND.names or ())
DEFAULTS = dict(zip(FIELDS, blank_commands(1)[0].item(), strict=True)) | {"id": NULL}


def read_line(line: bytes | str) -> list[Columns]:
    """Return the rows of one command, one with malformed=1 where the line is no command; never raises on its content."""
    found: Any = None
    try:
        found = json.loads(line)
        return read_rows(found)
    except (ValueError, RecursionError):
        columns = DEFAULTS | {"malformed": 1}
        with suppress(TypeError, KeyError, MalformedLine):
            columns["id"] = order_id(found["id"])
        return [columns]


def read_rows(found: Any) -> list[Columns]:
    """Return the rows of a decoded line: a command, and the alternatives of a NEW; raises MalformedLine."""
    if not isinstance(found, dict):
        raise MalformedLine("not an object")
    command = read_fields(Do(one_of(DOES)(found.get("do"))), {key: found[key] for key in found if key != "do"})
    further = found["alternatives"] if command["alternatives"] else []
    return [command, *(read_fields(Do.ALTERNATIVE, each) | {"id": command["id"]} for each in further)]


def read_fields(do: Do, found: Any) -> Columns:
    """Return the columns of one command from its fields; raises MalformedLine."""
    if not isinstance(found, dict):
        raise MalformedLine("not an object")
    required = REQUIRED[do]
    readers = required | OPTIONAL.get(do, {})
    columns = DEFAULTS | {"do": int(do)}
    key: str
    for key, value in found.items():
        if key not in readers:
            raise MalformedLine(f"{do.name.lower()} has no {key}")
        columns[COLUMN.get(key, key)] = readers[key](value)
    if missing := [key for key in required if key not in found]:
        raise MalformedLine(f"{missing[0]} is missing")
    return columns


def read_commands(lines: Iterable[bytes | str]) -> np.ndarray:
    """Return the commands of `lines` (shape (n,), dtype COMMAND): a row a line, and one for each alternative in it."""
    return read_numbered(enumerate(lines))[0]


def read_numbered(lines: Iterable[tuple[int, bytes | str]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the commands of numbered lines (shape (n,), dtype COMMAND) and the number of each command's line (shape (n,))."""
    rows = [(number, columns) for number, line in lines for columns in read_line(line)]
    commands = np.array([tuple(columns[name] for name in FIELDS) for _, columns in rows], dtype=COMMAND)
    return commands, np.array([number for number, _ in rows], dtype=np.int64)


TOLD = {
    Event.TRADE: {
        "taker": "id",
        "maker": "maker",
        "hour": "hour",
        "price": "price",
        "quantity": "quantity",
        "site": "site",
    },
    Event.REDUCED: {"id": "id", "hour": "hour", "quantity": "quantity", "why": "why"},
    Event.GONE: {"id": "id", "why": "why"},
    Event.REJECTED: {"id": "id", "why": "why"},
    Event.ACCEPTED: {"id": "id"},
    Event.RESTED: {"id": "id", "hour": "hour", "quantity": "quantity"},
    Event.TRIGGERED: {"id": "id", "hour": "hour"},
    Event.AUCTION: {"market": "id", "hour": "hour", "price": "price", "quantity": "quantity"},
    Event.STATE: {"market": "id", "start": "hour", "hours": "quantity", "why": "why"},
}
"""What a line says of each event: its keys, and where they stand in EVENT."""


def event_lines(events: np.ndarray, line_numbers: np.ndarray) -> Iterator[str]:
    """Yield one JSON line an event (dtype EVENT); `line_numbers[n]` is the line of the call's command n."""
    names = events.dtype.names or ()
    for row in events.tolist():
        told = {name: None if value == NULL else value for name, value in zip(names, row, strict=True)}
        event = Event(row[names.index("event")])
        told["why"] = Why(row[names.index("why")]).name.lower()
        line = {"n": int(line_numbers[told["n"]]), "event": event.name.lower()}
        yield json.dumps(line | {key: told[name] for key, name in TOLD[event].items()})


def resting_lines(resting: np.ndarray) -> Iterator[str]:
    """Yield one JSON line a resting quantity (dtype RESTING); beyond a block's first, with the number of the alternative."""
    for id_, hour, open_, alternative in resting[["id", "hour", "open", "alternative"]].tolist():
        line = {"event": "resting", "id": id_, "hour": hour, "open": open_}
        yield json.dumps(line | ({"alternative": alternative} if alternative else {}))


def why_not_lines(id_: int, rows: np.ndarray) -> Iterator[str]:
    """Yield one JSON line a reason (dtype WHY_NOT) of an order, without what is null."""
    names = ("alternative", "start", "site", "hour", "lacking", "available", "price", "short_fen", "why")
    for row in rows[list(names)].tolist():
        line = {name: value for name, value in zip(names, row, strict=True) if value != NULL}
        line["why"] = Why(line["why"]).name.lower()
        left_out = {"alternative": 0, "why": "none"}
        said = {name: value for name, value in line.items() if value != left_out.get(name)}
        yield json.dumps({"event": "why_not", "id": id_} | said)
