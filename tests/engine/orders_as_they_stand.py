"""What a keeper of orders (the matcher) knows of them: enough to put them back into an empty engine."""

import numpy as np

from matching.engine.dtypes import COMMAND, NULL, Do, Event, Kind, blank_commands

from .random_commands import whole_commands

FIXED = -1
"""In place of a flexibility: the block has traded, so it starts where it did."""


class Keeper:
    """Follows commands and their events, and keeps each open order as `Engine.load` wants it: a NEW and its alternatives."""

    def __init__(self) -> None:
        self.orders: dict[int, np.ndarray] = {}
        self.last_closed: dict[int, int] = {}
        self.ruled: list[np.void] = []

    def follow(self, commands: np.ndarray, events: np.ndarray) -> None:
        n = 0
        for rows in whole_commands(commands):
            self._follow_one(rows, events[(n <= events["n"]) & (events["n"] < n + len(rows))])
            n += len(rows)

    def _follow_one(self, rows: np.ndarray, events: np.ndarray) -> None:
        if not (events["event"] == Event.REJECTED).any():
            self._follow_command(rows)
        for event in events:
            if event["event"] == Event.TRADE:
                self._fix_start(int(event["id"]), int(event["hour"]))
                self._fix_start(int(event["maker"]), int(event["hour"]))
            elif event["event"] == Event.GONE:
                del self.orders[int(event["id"])]

    def _follow_command(self, rows: np.ndarray) -> None:
        command = rows[0]
        id_ = int(command["id"])
        match command["do"]:
            case Do.NEW:
                self.orders[id_] = rows.copy()
            case Do.REPLACE:
                for name in ("quantity", "price"):
                    if command[name] != NULL:
                        self.orders[id_][name] = command[name]
            case Do.CLOSE:
                market, hour = int(command["market"]), int(command["start"])
                self.last_closed[market] = max(hour, self.last_closed.get(market, -1))
            case Do.TIME | Do.BAND | Do.HALT | Do.COLLECT | Do.RESUME:
                self.ruled.append(command.copy())

    def _fix_start(self, id_: int, hour: int) -> None:
        """A block's first trade is in the first hour of a part, which fixes its start; other alternatives matter no more."""
        rows = self.orders[id_]
        if rows["kind"][0] == Kind.BLOCK and rows["start_flexibility"][0] != FIXED:
            rows["start"], rows["start_flexibility"] = hour, FIXED

    def orders_to_load(self) -> np.ndarray:
        orders = np.concatenate([np.empty(0, dtype=COMMAND), *self.orders.values()])
        orders["start_flexibility"] = np.maximum(orders["start_flexibility"], 0)
        return orders

    def rulings(self) -> np.ndarray:
        """Commands that give an empty engine its minute and its markets' bands and states: before orders are loaded, so that nothing opens."""
        return np.array(self.ruled, dtype=COMMAND)

    def closes(self) -> np.ndarray:
        """CLOSE commands that bring an empty engine's clocks to where they were."""
        closes = blank_commands(len(self.last_closed))
        closes["do"] = Do.CLOSE
        closes["market"] = list(self.last_closed)
        closes["start"] = list(self.last_closed.values())
        return closes
