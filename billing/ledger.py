"""The one way by which money moves: transfers are inserted and both accounts' balances follow, in one statement.

Accounts are locked in id order before anything is written, so postings never deadlock; the database's own constraints
keep each account within its limits. Sets of any size are posted at once: a caller stages rows in SQL and posts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection

from billing.models import Transfer
from matching.prepared import prepared_cursor


class LedgerError(Exception):
    """A posting that the ledger refuses; nothing of it is kept once the caller's transaction ends with this error."""


class UnknownAccount(LedgerError):
    """A transfer names an account that there is not."""


class AccountLimitExceeded(LedgerError):
    """A balance would leave its limits: more money spent or held than is there."""


class PendingAlreadyResolved(LedgerError):
    """The pending transfer has been posted or voided before."""


class ResolutionMismatch(LedgerError):
    """A POST or VOID does not fit the pending transfer it names: other accounts, or more than its amount."""


class TransferKeyReused(LedgerError):
    """The idempotency key has moved something else before."""


class AccountsNotAllowed(LedgerError):
    """A transfer's code moves no money between accounts of these kinds (table TransferRule)."""


class MonthClosed(LedgerError):
    """The transfer's time lies in a month that is closed; it takes no posting until a second person reopens it."""


class CorrectionMisfit(LedgerError):
    """A correction names no posted transfer of its code and accounts, or takes back more than that moved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTransfer:
    """A transfer to be posted; fields as on the Transfer model, amount in fen."""

    debit_account_id: int
    credit_account_id: int
    amount_fen: int
    code: str
    phase: str = Transfer.Phase.POSTED
    pending_id: int | None = None
    order_id: int | None = None
    trade_id: int | None = None
    participant_id: int | None = None
    run_id: int | None = None
    key: str | None = None
    corrects_id: int | None = None


_COLUMNS = {
    "debit_account_id": "bigint",
    "credit_account_id": "bigint",
    "amount_fen": "bigint",
    "code": "varchar",
    "phase": "varchar",
    "pending_id": "bigint",
    "order_id": "bigint",
    "trade_id": "bigint",
    "participant_id": "integer",
    "run_id": "bigint",
    "key": "varchar",
    "corrects_id": "bigint",
}
_ALL = ", ".join(_COLUMNS)
COLUMNS = _ALL.removesuffix(", corrects_id")
"""The staged columns besides `id`, in order; a staged row may name what it corrects as `corrects_id` too."""

NEXT_ID = "nextval('billing_transfer_id_seq')"
"""A transfer's id, for whoever stages rows and must know the ids beforehand."""

_STAGE = f"""
CREATE TEMP TABLE IF NOT EXISTS staged_transfer (
    id bigint NOT NULL, {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())}
) ON COMMIT DELETE ROWS
"""

# In id order, and telling how many of them there are not.
_LOCK = """
WITH named AS MATERIALIZED ({accounts}),
locked AS (SELECT a.id FROM billing_account a WHERE a.id IN (SELECT id FROM named) ORDER BY a.id FOR NO KEY UPDATE)
SELECT (SELECT count(*) FROM named) - (SELECT count(*) FROM locked)
"""
STAGED_ACCOUNTS = (
    "SELECT debit_account_id AS id FROM staged_transfer UNION SELECT credit_account_id FROM staged_transfer"
)
"""Selects the accounts that staged rows name, for `lock_selected`."""

_PAYLOAD = f"billing_transfer_payload({', '.join(name for name in _COLUMNS if name != 'key')})"

# `pending_fen` is what the pending transfer that a row ends has reserved, null where the row does not fit it: looked up a row at a
# time by its index, since the planner knows nothing of the rows and would read the whole ledger for them. That it has ended before
# is found by the index that keeps it from ending twice. What moves between two accounts is summed before it is split by account.
_POST = f"""
WITH source AS MATERIALIZED ({{source}}),
flow AS MATERIALIZED (
    SELECT debit_account_id, credit_account_id, count(*) AS transfers,
        bool_or(phase IN ('post', 'void') AND pending_fen IS NULL) AS is_misfit,
        sum(CASE phase WHEN 'pending' THEN amount_fen WHEN 'posted' THEN 0 ELSE -pending_fen END) AS pending_fen,
        sum(CASE WHEN phase IN ('posted', 'post') THEN amount_fen ELSE 0 END) AS posted_fen
    FROM (
        SELECT s.debit_account_id, s.credit_account_id, s.amount_fen, s.phase, (
            SELECT CASE WHEN p.phase = 'pending' AND p.code = s.code AND p.debit_account_id = s.debit_account_id
                AND p.credit_account_id = s.credit_account_id
                AND (s.amount_fen = p.amount_fen OR (s.phase = 'post' AND s.amount_fen < p.amount_fen)) THEN p.amount_fen END
            FROM billing_transfer p WHERE p.id = s.pending_id
        ) AS pending_fen
        FROM source s OFFSET 0
    ) AS fitted GROUP BY 1, 2
),
sound AS (SELECT NOT coalesce(bool_or(is_misfit), false) AS is_sound, coalesce(sum(transfers), 0) AS transfers FROM flow),
inserted AS (
    INSERT INTO billing_transfer (id, {_ALL}, payload_hash, at, seal)
    SELECT id, {_ALL}, CASE WHEN key IS NOT NULL THEN {_PAYLOAD} END, %(now)s,
        billing_transfer_seal(id, debit_account_id, credit_account_id, amount_fen, code, phase, pending_id)
    FROM source WHERE (SELECT is_sound FROM sound)
),
change AS (
    SELECT account_id, sum(debits_pending) AS debits_pending, sum(debits_posted) AS debits_posted,
        sum(credits_pending) AS credits_pending, sum(credits_posted) AS credits_posted
    FROM flow CROSS JOIN LATERAL (
        VALUES (debit_account_id, pending_fen, posted_fen, 0, 0), (credit_account_id, 0, 0, pending_fen, posted_fen)
    ) AS side (account_id, debits_pending, debits_posted, credits_pending, credits_posted)
    WHERE (SELECT is_sound FROM sound) GROUP BY account_id
),
moved AS (
    UPDATE billing_account a SET
        debits_pending = a.debits_pending + c.debits_pending,
        debits_posted = a.debits_posted + c.debits_posted,
        credits_pending = a.credits_pending + c.credits_pending,
        credits_posted = a.credits_posted + c.credits_posted,
        overdraft_fen = greatest(a.credit_fen, least(a.overdraft_fen, a.debits_posted + c.debits_posted
            + a.debits_pending + c.debits_pending - a.credits_posted - c.credits_posted))
    FROM change c WHERE a.id = c.account_id
){{then}}
{{result}}
"""

_HOW_MANY = "SELECT transfers, is_sound FROM sound"
_POST_STAGED = _POST.format(source="SELECT * FROM staged_transfer", then="", result=_HOW_MANY)
_ROWS = ", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())
_POST_ROWS = _POST.format(
    source=f"SELECT {NEXT_ID} AS id, given.* FROM "
    f"(SELECT * FROM unnest({_ROWS}) WITH ORDINALITY AS given ({_ALL}, place) ORDER BY place) AS given",
    then="",
    result="SELECT id, is_sound FROM source CROSS JOIN sound ORDER BY place",
)


def lock_accounts(*, account_ids: Sequence[int]) -> None:
    """Lock accounts in id order until the transaction ends; raises UnknownAccount."""
    lock_selected(accounts="SELECT DISTINCT unnest(%s::bigint[]) AS id", parameters=[list(account_ids)])


def lock_selected(*, accounts: str, parameters: Sequence[Any] = ()) -> None:
    """Lock the accounts that an SQL query gives as `id`, as `lock_accounts` does."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format(accounts=accounts), parameters)
        if cursor.fetchone() != (0,):
            raise UnknownAccount("A transfer names an account that there is not. Nothing was moved.")


def post_transfers(*, transfers: Sequence[NewTransfer], now: datetime) -> list[int]:
    """Post transfers within the caller's transaction and return their ids in the order given.

    A transfer whose key has been posted before is not posted again: its first id is returned. Raises UnknownAccount,
    AccountLimitExceeded, PendingAlreadyResolved, ResolutionMismatch, TransferKeyReused,
    AccountsNotAllowed, MonthClosed, CorrectionMisfit.
    """
    if not transfers:
        return []
    lock_accounts(account_ids=sorted({a for t in transfers for a in (t.debit_account_id, t.credit_account_id)}))
    known = _existing(transfers)
    fresh = list({t.key or place: t for place, t in enumerate(transfers) if t.key not in known}.values())
    rows = _execute(_POST_ROWS, {**_parameters(fresh), "now": now}) if fresh else []
    known |= {t.key: row[0] for t, row in zip(fresh, rows, strict=True) if t.key is not None}
    unkeyed = iter(row[0] for t, row in zip(fresh, rows, strict=True) if t.key is None)
    return [next(unkeyed) if t.key is None else known[t.key] for t in transfers]


def posting(*, source: str, then: str) -> str:
    """Return the statement that posts what `source` selects (id, COLUMNS) and goes on with `then`, an INSERT that may read it as
    `source`; for `post`. The accounts must be locked.
    """
    return _POST.format(
        source=source,
        then=f", done AS ({then})",
        result=_HOW_MANY,
    )


def post(*, posting: str, parameters: dict[str, Any], now: datetime) -> int:
    """Run a `posting` with its parameters and return how many transfers it was; errors as in `post_transfers`."""
    ((count, _is_sound),) = _execute(posting, {**parameters, "now": now})
    return int(count)


def open_stage() -> None:
    """Empty `staged_transfer` (id and COLUMNS, see NEXT_ID) for rows that `post_staged` then posts, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_STAGE}; DELETE FROM staged_transfer")


def post_staged(*, now: datetime) -> int:
    """Post what is staged and return how many transfers it was; locks and errors as in `post_transfers`."""
    lock_selected(accounts=STAGED_ACCOUNTS)
    return post(posting=_POST_STAGED, parameters={}, now=now)


_KNOWN_KEYS = f"""
SELECT t.key, t.id, t.payload_hash = given.payload_hash FROM billing_transfer t
JOIN (SELECT key, {_PAYLOAD} AS payload_hash FROM unnest({_ROWS}) AS g ({_ALL})) AS given ON given.key = t.key
"""


def _existing(transfers: Sequence[NewTransfer]) -> dict[str | None, int]:
    """Return the ids of keys that have been posted before; raises TransferKeyReused where the payload differs."""
    keyed = [t for t in transfers if t.key is not None]
    if not keyed:
        return {}
    if len({t.key for t in keyed}) < len(set(keyed)):
        raise TransferKeyReused("The same key is given twice, for different transfers. Nothing was moved.")
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_KEYS, _parameters(keyed))
        rows = cursor.fetchall()
    for key, _id, is_same in rows:
        if not is_same:
            raise TransferKeyReused(f"The key {key} has moved something else before. Nothing was moved.")
    return {key: transfer_id for key, transfer_id, _is_same in rows}


def _parameters(transfers: Sequence[NewTransfer]) -> dict[str, Any]:
    return {name: [getattr(t, name) for t in transfers] for name in _COLUMNS}


def _execute(statement: str, parameters: dict[str, Any]) -> list[tuple[int, bool]]:
    """Run a posting and return its rows, each of which ends with whether all of it was sound; nothing is written where it was not."""
    try:
        with prepared_cursor() as cursor:
            cursor.execute(statement, parameters)
            rows = list(cursor.fetchall())
    except IntegrityError as error:
        raise _named(error) from error
    if not all(is_sound for _, is_sound in rows):
        raise ResolutionMismatch("A transfer does not fit the pending transfer that it ends. Nothing was moved.")
    return rows


def _named(error: IntegrityError) -> LedgerError:
    """Say which rule of the ledger the database has enforced."""
    constraint = str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or "")
    words = str(error).splitlines()[0]
    if constraint == "transfer_accounts_allowed":
        return AccountsNotAllowed(f"{words}. Nothing was moved.")
    if constraint == "transfer_month_open":
        return MonthClosed(f"{words}. Ask for it to be reopened, or post in an open month. Nothing was moved.")
    if constraint == "transfer_correction_fits":
        return CorrectionMisfit(
            f"{words}: it must be posted, with the code and the accounts of a posted transfer, and take back no more than "
            "that moved. Nothing was moved."
        )
    # An account has no less pending than its pending transfers reserve, unless one ends twice.
    if constraint in ("transfer_pending_once", "account_balances_not_negative"):
        return PendingAlreadyResolved("A pending transfer can be posted or voided once only. Nothing was moved.")
    if constraint.startswith("account_"):
        return AccountLimitExceeded("A posting needs more money than the account has left. Nothing was moved.")
    if constraint == "transfer_key_once":
        return TransferKeyReused("The key has moved something else before. Nothing was moved.")
    return LedgerError(f"The ledger refuses the posting: {error}")
