"""Every single amount changed by hand is found, and the sentence names the table and the row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from billing.invoicing import issue_invoices
from billing.verify import find_differences
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.test_shortfalls import read
from tests.billing.world import MONDAY, World

AMOUNTS = {
    "billing_transfer": ["amount_fen"],
    "billing_account": ["debits_pending", "debits_posted", "credits_pending", "credits_posted"],
    "billing_hold": ["unit_fen", "accelerator_hours"],
    "billing_obligation": [
        *("settled_value_fen", "settled_until", "buyer_fee_bps", "seller_fee_bps"),
        *("market_id", "bid_id", "buyer_id", "seller_id", "site_id", "start", "hours", "quantity", "price_fen"),
    ],
    "billing_vatperiod": ["settled_base_fen", "unsettled_base_fen", "posted_fen", "rate_bps"],
    "billing_settlementline": ["hours", "accelerator_hours", "value_fen", "buyer_fee_fen", "seller_fee_fen"],
    "billing_settlementrun": [
        *("lines", "value_fen", "buyer_fee_fen", "seller_fee_fen", "vat_fen", "adjustments_made", "principal_fen"),
        *("penalty_fen", "returned_fee_fen", "returned_vat_fen", "disputed_fen"),
    ],
    "billing_adjustment": ["accelerators", "principal_fen", "penalty_fen", "buyer_fee_fen"],
    "billing_invoice": ["net_fen", "vat_fen", "total_fen", "accelerator_hours"],
    "billing_invoiceline": ["quantity", "amount_fen", "vat_fen"],
    "billing_numberseries": ["last"],
}


@contextmanager
def by_hand() -> Iterator[None]:
    """Triggers and constraints look away, as they do for whoever edits a backup."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no check left pending, or the table could not be altered
        cursor.execute("SET LOCAL session_replication_role = replica")
        for limit in ("account_debits_within_credits", "account_credits_within_debits"):
            cursor.execute(f"ALTER TABLE billing_account DROP CONSTRAINT IF EXISTS {limit}")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def week(world: World) -> World:
    """A settled and invoiced week, with a bid still open and a trade still to be delivered."""
    trade_a_week(world)
    world.close(MONDAY + WEEK)
    read(world, MONDAY + 1, 5, "a")
    world.settle(MONDAY + WEEK)
    read(world, MONDAY + 1, 6, "b")
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    bid = world.bid(1, start=MONDAY + 200, hours=5, quantity=3, price_fen=1234)
    world.trade(bid, price_fen=1200, quantity=1)
    world.clear()
    return world


def test_honest_books_have_no_difference(week: World) -> None:
    assert list(find_differences()) == []


def test_what_is_not_cleared_yet_is_no_difference(week: World) -> None:
    bid = week.bid(0, start=MONDAY + 200, quantity=2)
    week.trade(bid, price_fen=900, quantity=1)
    assert list(find_differences()) == []
    week.cancel(bid)
    assert list(find_differences()) == []


@pytest.mark.parametrize("table", AMOUNTS)
def test_every_amount_changed_by_hand_is_found(week: World, table: str) -> None:
    key = {"billing_hold": "order_id", "billing_obligation": "trade_id"}.get(table, "id")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} ORDER BY {key}")
        rows = [row for (row,) in cursor.fetchall()]
    for column in AMOUNTS[table]:
        for row in {rows[0], rows[-1]}:
            with by_hand(), connection.cursor() as cursor:
                cursor.execute("SAVEPOINT before")
                cursor.execute(f"UPDATE {table} SET {column} = {column} + 1 WHERE {key} = %s", [row])
                found = list(find_differences())
                cursor.execute("ROLLBACK TO SAVEPOINT before")
            assert any(f"{table} {row}" in sentence for sentence in found), f"{column} of {table} {row}: {found}"


def test_a_deleted_document_leaves_a_gap_that_is_found(week: World) -> None:
    with by_hand(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM billing_invoiceline WHERE invoice_id = (SELECT min(id) FROM billing_invoice)")
        cursor.execute("DELETE FROM billing_invoice WHERE id = (SELECT min(id) FROM billing_invoice)")
        found = list(find_differences())
    assert any("series B" in sentence for sentence in found)


def test_a_trade_changed_by_hand_is_found(week: World) -> None:
    with by_hand(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matching_trade SET price_fen = price_fen + 1 WHERE id = (SELECT max(id) FROM matching_trade)"
        )
        found = list(find_differences())
    assert any("matching_trade" in sentence for sentence in found)


def test_an_obligation_without_its_trade_is_found(week: World) -> None:
    with by_hand(), connection.cursor() as cursor:
        cursor.execute("SELECT max(trade_id) FROM billing_obligation")
        (trade_id,) = cursor.fetchone()
        cursor.execute("DELETE FROM matching_trade WHERE id = %s", [trade_id])
        found = list(find_differences())
    assert f"billing_obligation {trade_id}: there is no matching_trade {trade_id}." in found


def test_a_reading_changed_by_hand_is_found(week: World) -> None:
    with by_hand(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_meterreading SET accelerators = 1 WHERE source_id = 'b'")
        found = list(find_differences())
    assert any("readings and disputes say 6" in sentence for sentence in found)
