"""The example of docs/money.md, to the fen."""

from __future__ import annotations

from billing.funds import available_fen
from billing.invoicing import issue_invoices
from billing.models import Account, Invoice, SettlementLine, SettlementRun
from tests.billing.world import MONDAY, World

WEEK = 168


def test_the_worked_example_of_docs_money(world: World) -> None:
    buyer = world.buyers[0].pk
    before = available_fen(buyer)
    bid = world.bid(0, start=MONDAY + 18, hours=48, quantity=64, price_fen=1350, block=True)
    assert before - available_fen(buyer) == 4_429_824
    world.trade(bid, price_fen=1292, quantity=64)
    world.clear()
    assert before - available_fen(buyer) == 4_232_408
    for day in (1, 2, 3, 7):
        world.settle(MONDAY + 24 * day)
    lines = SettlementLine.objects.order_by("start")
    assert list(lines.values_list("hours", "value_fen", "buyer_fee_fen", "seller_fee_fen")) == [
        (6, 496_128, 2_977, 992),
        (24, 1_984_512, 11_907, 3_969),
        (18, 1_488_384, 8_930, 2_977),
    ]
    runs = SettlementRun.objects.filter(lines__gt=0).order_by("from_hour")
    assert list(runs.values_list("vat_fen", flat=True)) == [29_946, 119_785, 89_839]
    assert Account.objects.get(participant=world.providers[0], kind="payable").credits_posted == 3_961_086
    assert Account.objects.get(kind="fees").credits_posted == 31_752
    assert Account.objects.get(kind="vat").credits_posted == 239_570
    (invoice,) = (i for i in issue_invoices(period_start=MONDAY, now=world.now) if i.kind == Invoice.Kind.INVOICE)
    assert invoice.total_fen == 4_232_408
    assert list(invoice.lines.values_list("amount_fen", "vat_fen")) == [(3_969_024, 238_141), (23_814, 1_429)]
