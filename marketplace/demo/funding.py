"""Money for the demo's buyers: they pay in again when little is left."""

from __future__ import annotations

from datetime import datetime

from billing.funds import available_fen, deposit_funds
from billing.models import Transfer
from marketplace.demo.people import BUYER, TRADERS
from marketplace.demo.stage import Stage

BUYER_DEPOSIT_FEN = 100_000_000
TRADER_DEPOSIT_FEN = 500_000_000
TRADER_LOW_FEN = 150_000_000


def pay_in_buyer(*, stage: Stage, occasion: str, now: datetime) -> None:
    """Pay in for the buyer who signs in, once for each occasion."""
    deposit_funds(
        participant_id=stage.participants[BUYER.slug],
        amount_fen=BUYER_DEPOSIT_FEN,
        key=_key(occasion),
        now=now,
    )


def has_paid_in(occasion: str) -> bool:
    """Say whether the buyer's deposit of that occasion has been made."""
    return Transfer.objects.filter(key=_key(occasion)).exists()


def _key(occasion: str) -> str:
    return f"demo:{BUYER.slug}:{occasion}"


def top_up_traders(*, stage: Stage, now: datetime) -> None:
    """Pay in for every demo trader that has little left."""
    for trader in TRADERS:
        participant_id = stage.participants[trader.slug]
        if available_fen(participant_id) < TRADER_LOW_FEN:
            deposit_funds(
                participant_id=participant_id,
                amount_fen=TRADER_DEPOSIT_FEN,
                key=f"demo:{trader.slug}:{now.isoformat()}",
                now=now,
            )
