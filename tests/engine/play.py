"""A few words for tests: send commands as the fields of a command file, read events as short sentences."""

import json
from typing import Any

import numpy as np

from matching.engine.command_file import event_lines, read_commands, resting_lines
from matching.engine.dtypes import Detail
from matching.engine.interface import Engine

Line = dict[str, Any]

MARKET = 0


def order(
    id_: int, side: int, kind: str, start: int, hours: int, quantity: int, price: int | None, **more: Any
) -> Line:
    """A new order of a participant of its own (number 1000 + id), unless told otherwise."""
    line = {"do": "new", "id": id_, "participant": 1000 + id_, "market": MARKET, "side": side, "kind": kind}
    return line | {"start": start, "hours": hours, "quantity": quantity, "price": price} | more


def bid(id_: int, start: int, hours: int, quantity: int, price: int | None, **more: Any) -> Line:
    return order(id_, 1, "hourly", start, hours, quantity, price, **more)


def ask(id_: int, start: int, hours: int, quantity: int, price: int | None, *, site: int = 1, **more: Any) -> Line:
    return order(id_, -1, "hourly", start, hours, quantity, price, site=site, **more)


def block_bid(id_: int, start: int, hours: int, quantity: int, price: int | None, **more: Any) -> Line:
    return order(id_, 1, "block", start, hours, quantity, price, **more)


def block_ask(
    id_: int, start: int, hours: int, quantity: int, price: int | None, *, site: int = 1, **more: Any
) -> Line:
    return order(id_, -1, "block", start, hours, quantity, price, site=site, **more)


def alternative(market: int, start: int, price: int | None, **more: Any) -> Line:
    """A further market, start and limit of a block bid, for its `alternatives`."""
    return {"market": market, "start": start, "price": price} | more


def replace(id_: int, **new: int) -> Line:
    return {"do": "replace", "id": id_} | new


def cancel(id_: int) -> Line:
    return {"do": "cancel", "id": id_}


def mass_cancel(participant: int) -> Line:
    return {"do": "mass_cancel", "participant": participant}


def close(hour: int, market: int = MARKET) -> Line:
    return {"do": "close", "market": market, "hour": hour}


def time(minute: int) -> Line:
    return {"do": "time", "minute": minute}


def band(reference: int | None, band: int | None = None, market: int = MARKET) -> Line:
    return {"do": "band", "market": market, "reference": reference, "band": band}


def halt(start: int | None = None, hours: int | None = None, market: int = MARKET) -> Line:
    """A span of hours, or without one the whole market; so do `collect` and `resume`."""
    return {"do": "halt", "market": market, "start": start, "hours": hours}


def collect(start: int | None = None, hours: int | None = None, market: int = MARKET) -> Line:
    return halt(start, hours, market) | {"do": "collect"}


def resume(start: int | None = None, hours: int | None = None, market: int = MARKET) -> Line:
    return halt(start, hours, market) | {"do": "resume"}


def commands(*lines: Line | str) -> np.ndarray:
    return read_commands(line if isinstance(line, str) else json.dumps(line) for line in lines)


def event_dicts(events: np.ndarray) -> list[Line]:
    numbers = np.arange(int(events["n"].max(initial=-1)) + 1)
    return [json.loads(line) for line in event_lines(events, numbers)]


def send(engine: Engine, *lines: Line | str, detail: Detail = Detail.OUTCOMES) -> list[str]:
    """Play `lines` in one call, check the books, and tell the events as sentences."""
    events = engine.apply(commands(*lines), detail)
    engine.check()
    return [sentence(event) for event in event_dicts(events)]


def sentence(event: Line) -> str:
    match event["event"]:
        case "trade":
            what = "{taker} takes {quantity} of {maker} in hour {hour} at {price}, site {site}"
        case "reduced":
            what = "{id} loses {quantity} in hour {hour}: {why}"
        case "auction":
            what = "market {market} hour {hour} auction: {quantity} at {price}"
        case "state" if event["start"] is None:
            what = "market {market}: {why}"
        case "state":
            what = "market {market} hours {start} + {hours}: {why}"
        case "accepted":
            what = "{id} accepted"
        case "rested":
            what = "{id} rests: {quantity} from hour {hour}"
        case "triggered":
            what = "{id} triggered: from hour {hour}"
        case kind:
            what = "{id} " + kind + ": {why}"
    return what.format(**event)


def open_now(engine: Engine) -> list[tuple[int, int, int]]:
    """Everything open as (id, hour, open); a block's hour is its first possible start."""
    lines = map(json.loads, resting_lines(engine.resting()))
    return [(line["id"], line["hour"], line["open"]) for line in lines]
