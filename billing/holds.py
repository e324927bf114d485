"""The money set aside for bids: whether it is there, and the holds themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from billing.fees.bounds import read_hold_rates
from billing.funds import open_accounts
from billing.ledger import NEXT_ID, post, posting
from billing.models import Account, Transfer
from billing.money import yuan
from billing.quote import hold_unit_fen
from matching.bulk import array_literal
from matching.prepared import prepared_cursor


class UnableToHold(Exception):
    """Money that cannot be set aside for a bid; `code` is stable, `field` the input at fault, the text for the person."""

    code = "unable_to_hold"
    field: str | None = None


class InsufficientFunds(UnableToHold):
    """The hold is larger than what the participant has free."""

    code = "insufficient_funds"

    def __init__(self, *, needed_fen: int, available_fen: int) -> None:
        self.needed_fen = needed_fen
        self.available_fen = available_fen
        super().__init__(needed_fen, available_fen)

    def __str__(self) -> str:
        """Say how much is missing and what to do, in the language of whoever reads it."""
        return self.sentence() % {
            "needed": yuan(self.needed_fen),
            "available": yuan(self.available_fen),
            "missing": yuan(self.needed_fen - self.available_fen),
        }

    def sentence(self) -> str:
        """Say what is missing."""
        return _(
            "This bid holds %(needed)s and %(available)s is available. "
            "Top up %(missing)s, or lower the limit or the quantity."
        )


class BiddingStopped(UnableToHold):
    """An invoice was not paid after a final notice; no new money is set aside until it is."""

    code = "bidding_stopped"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            _("New bids are stopped since an invoice is overdue after a final notice. Pay it, or write to finance.")
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldRequest:
    """A bid to be held: its limit in fen per accelerator-hour and its accelerators x hours."""

    participant_id: int
    price_fen: int
    accelerator_hours: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reserved:
    """A bid's hold that can be had, until the transaction ends: between which accounts, and the worst case of an accelerator-hour."""

    participant_id: int
    funds_id: int
    obligations_id: int
    unit_fen: int
    fee_bps: int  # in `unit_fen`
    accelerator_hours: int


@dataclass(frozen=True, slots=True)
class BidAccounts:
    """A participant's accounts that bids touch, what is available in fen, credit included, and whether its new bids are stopped."""

    funds_id: int
    obligations_id: int
    available_fen: int
    is_stopped: bool


def reserve_funds(*, holds: Sequence[HoldRequest], now: datetime) -> list[Reserved | UnableToHold]:
    """Say for each bid whether its hold can be had, counting those before it in the list; writes no transfer.

    Locks the participants' accounts in id order until the transaction ends, so that what is reserved stays true for
    `insert_holds` in the same transaction. Must run in one.
    """
    accounts = lock_accounts_of({hold.participant_id for hold in holds})
    # Read once the accounts are locked: whoever approves another tax code locks them too.
    rates = read_hold_rates(participant_ids=accounts.keys(), now=now)
    free = {participant_id: account.available_fen for participant_id, account in accounts.items()}
    asked = {(hold.price_fen, rates[hold.participant_id]) for hold in holds}
    units = {(price_fen, each): hold_unit_fen(price_fen=price_fen, rates=each) for price_fen, each in asked}
    verdicts: list[Reserved | UnableToHold] = []
    for hold in holds:
        account = accounts[hold.participant_id]
        if account.is_stopped:
            verdicts.append(BiddingStopped())
            continue
        unit_fen = units[hold.price_fen, rates[hold.participant_id]]
        needed_fen = unit_fen * hold.accelerator_hours
        if needed_fen > free[hold.participant_id]:
            verdicts.append(InsufficientFunds(needed_fen=needed_fen, available_fen=free[hold.participant_id]))
            continue
        free[hold.participant_id] -= needed_fen
        verdicts.append(
            Reserved(
                participant_id=hold.participant_id,
                funds_id=account.funds_id,
                obligations_id=account.obligations_id,
                unit_fen=unit_fen,
                fee_bps=rates[hold.participant_id].hold_fee_bps,
                accelerator_hours=hold.accelerator_hours,
            )
        )
    return verdicts


_INSERT_HOLDS = posting(
    source=f"""
        SELECT {NEXT_ID} AS id, funds_id AS debit_account_id, obligations_id AS credit_account_id,
            unit_fen * accelerator_hours AS amount_fen, '{Transfer.Code.BID_HOLD}'::varchar AS code,
            '{Transfer.Phase.PENDING}'::varchar AS phase, NULL::bigint AS pending_id, order_id, NULL::bigint AS trade_id,
            participant_id, NULL::bigint AS run_id, NULL::varchar AS key, NULL::bigint AS corrects_id, unit_fen, fee_bps,
            accelerator_hours
        FROM unnest(%(order_id)s::bigint[], %(participant_id)s::int[], %(funds_id)s::bigint[], %(obligations_id)s::bigint[],
                    %(unit_fen)s::int[], %(fee_bps)s::int[], %(accelerator_hours)s::bigint[])
            AS given (order_id, participant_id, funds_id, obligations_id, unit_fen, fee_bps, accelerator_hours)
    """,
    then="""
        INSERT INTO billing_hold (order_id, pending_id, unit_fen, fee_bps, accelerator_hours)
        SELECT order_id, id, unit_fen, fee_bps, accelerator_hours FROM source
    """,
)


def insert_holds(*, holds: Sequence[tuple[Reserved, int]], now: datetime) -> None:
    """Set the money of bids aside: a pending transfer and a Hold each, given with the order's id; one statement.

    Belongs in the transaction of their `reserve_funds`, which rules AccountLimitExceeded out.
    """
    if not holds:
        return
    fields = ("participant_id", "funds_id", "obligations_id", "unit_fen", "fee_bps", "accelerator_hours")
    columns = {name: array_literal(getattr(reserved, name) for reserved, _ in holds) for name in fields}
    columns["order_id"] = array_literal(order_id for _, order_id in holds)
    post(posting=_INSERT_HOLDS, parameters=columns, now=now)


_LOCK_ACCOUNTS = f"""
    SELECT participant_id, kind, id, credits_posted - debits_posted - debits_pending + credit_fen,
        bids_stopped_at IS NOT NULL
    FROM billing_account
    WHERE participant_id = ANY(%s::int[]) AND kind IN ('{Account.Kind.FUNDS}', '{Account.Kind.OBLIGATIONS}')
    ORDER BY id FOR NO KEY UPDATE
"""


def lock_accounts_of(participant_ids: set[int]) -> dict[int, BidAccounts]:
    """Lock the bids' participants' accounts, opened where there are none."""
    accounts = _read(participant_ids)
    if missing := participant_ids - accounts.keys():
        open_accounts(*missing)
        accounts = _read(participant_ids)
    return accounts


def _read(participant_ids: set[int]) -> dict[int, BidAccounts]:
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK_ACCOUNTS, [array_literal(participant_ids)])
        rows = {(participant_id, kind): rest for participant_id, kind, *rest in cursor.fetchall()}
    return {
        participant_id: BidAccounts(funds[0], obligations[0], funds[1], funds[2])
        for participant_id in participant_ids
        if (funds := rows.get((participant_id, Account.Kind.FUNDS)))
        and (obligations := rows.get((participant_id, Account.Kind.OBLIGATIONS)))
    }
