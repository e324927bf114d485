"""Money for the demo's buyers: they pay in again when little is left."""

from __future__ import annotations

from datetime import datetime

from billing.funds import available_fen, deposit_funds
from billing.models import Account, Transfer
from marketplace.demo.demand import BIDDERS
from marketplace.demo.people import BUYER, CREDITS, TRADERS
from marketplace.demo.stage import Stage

BUYER_DEPOSIT_FEN = 20_000_000
BUYER_LOW_FEN = 12_000_000
TRADER_DEPOSIT_FEN = 80_000_000
TRADER_LOW_FEN = 40_000_000
CREDIT_LOW_FEN = 2_000_000  # who buys on credit pays in when hardly any of it is left


def pay_in_buyer(*, stage: Stage, occasion: str, now: datetime) -> None:
    """Pay in for the buyer who signs in, once for each occasion."""
    deposit_funds(
        participant_id=stage.participants[BUYER.slug],
        amount_fen=BUYER_DEPOSIT_FEN,
        key=_key(occasion),
        now=now,
    )


def top_up_buyer(*, stage: Stage, now: datetime) -> None:
    """Pay in for the buyer who signs in, where little is left in the demo's past."""
    if available_fen(stage.participants[BUYER.slug]) < BUYER_LOW_FEN:
        pay_in_buyer(stage=stage, occasion=now.date().isoformat(), now=now)


def has_paid_in(occasion: str) -> bool:
    """Say whether the buyer's deposit of that occasion has been made."""
    return Transfer.objects.filter(key=_key(occasion)).exists()


def _key(occasion: str) -> str:
    return f"demo:{BUYER.slug}:{occasion}"


def top_up_traders(*, stage: Stage, now: datetime) -> None:
    """Pay in for every demo trader that bids and has little left."""
    on_credit = {credit.slug for credit in CREDITS}
    funds = Account.objects.filter(kind=Account.Kind.FUNDS, participant__slug__in=[trader.slug for trader in TRADERS])
    available_fen = {account.participant_id: account.available_fen for account in funds}
    for trader in (trader for trader in TRADERS if trader.slug in BIDDERS):
        participant_id = stage.participants[trader.slug]
        if available_fen[participant_id] < (CREDIT_LOW_FEN if trader.slug in on_credit else TRADER_LOW_FEN):
            deposit_funds(
                participant_id=participant_id,
                amount_fen=TRADER_DEPOSIT_FEN,
                key=f"demo:{trader.slug}:{now.isoformat()}",
                now=now,
            )
