"""How much of a charge each voucher covers: soonest expiry first, each fen by one voucher at most, within limit and budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing.rounding import BPS, share_half_up


@dataclass(slots=True)
class Part:
    """A voucher beside one compute class and day: its share, and what it covers of that class and day so far."""

    voucher_id: int
    programme_id: int
    share_bps: int
    base_fen: int = 0
    base_change_fen: int = 0
    amount_change_fen: int = 0

    @property
    def amount_fen(self) -> int:
        """What it pays for what it covers so far."""
        return share_half_up(amount_fen=self.base_fen, bps=self.share_bps)


@dataclass(slots=True)
class Room:
    """What each voucher, and each programme's budget, may still pay, in fen."""

    vouchers: dict[int, int]
    programmes: dict[int, int]

    def left_fen(self, part: Part) -> int:
        """What the part's voucher may still pay."""
        return min(self.vouchers[part.voucher_id], self.programmes[part.programme_id])

    def move(self, part: Part, base_fen: int) -> int:
        """Let a part cover `base_fen` more (or less, if negative) and return what that pays."""
        before_fen = part.amount_fen
        part.base_fen += base_fen
        amount_fen = part.amount_fen - before_fen
        part.base_change_fen += base_fen
        part.amount_change_fen += amount_fen
        self.vouchers[part.voucher_id] -= amount_fen
        self.programmes[part.programme_id] -= amount_fen
        return amount_fen


def most_covered(*, amount_fen: int, bps: int) -> int:
    """Return the largest base of which `share_half_up` is at most `amount_fen`."""
    return (2 * BPS * (amount_fen + 1) - BPS - 1) // (2 * bps)


def cover(*, base_fen: int, parts: Iterable[Part], room: Room) -> int:
    """Cover a charge of `base_fen` by the parts in order, as far as there is room; returns what they pay."""
    paid_fen = 0
    for part in parts:
        left_fen = room.left_fen(part)
        if base_fen > 0 and left_fen > 0:
            most_fen = most_covered(amount_fen=part.amount_fen + left_fen, bps=part.share_bps) - part.base_fen
            taken_fen = min(base_fen, most_fen)
            paid_fen += room.move(part, taken_fen)
            base_fen -= taken_fen
    return paid_fen


def release(*, net_fen: int, parts: Sequence[Part], room: Room) -> None:
    """Let the parts, last first, cover no more than `net_fen`, which is what is left of the charge."""
    too_much = sum(part.base_fen for part in parts) - net_fen
    for part in reversed(parts):
        given_back = min(max(too_much, 0), part.base_fen)
        if given_back:
            room.move(part, -given_back)
            too_much -= given_back
