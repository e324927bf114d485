"""My compute: states, reasons, cancels and sell back, as their owner sees them."""

from __future__ import annotations

from django.urls import reverse

from billing.funds import available_fen
from billing.models import Hold
from matching.engine.dtypes import Kind
from matching.models import Holding, Order
from tests.web.desk.world import World, hour_text


def test_a_filled_order_says_its_average_and_costs(world: World) -> None:
    order = world.buy(world.alice, world.first, hours=4, quantity=2)
    text = world.client("alice").get(reverse("order", args=[order.pk])).content.decode()
    assert "Filled 8 acc-h at 10.00 on average" in text
    assert "¥80.00" in text  # value
    assert "¥0.48" in text  # 0.60 % fee
    assert "¥85.31" in text  # with 6 % VAT


def test_a_waiting_block_says_what_price_would_do(world: World) -> None:
    world.buy(world.alice, world.first, price_fen=900)
    text = world.client("alice").get(reverse("orders")).content.decode()
    assert "Asks average 10.00; your limit is 9.00." in text
    assert "Waiting" in text


def test_a_block_larger_than_the_market_says_what_is_there(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=40)
    text = world.client("alice").get(reverse("orders")).content.decode()
    assert "2 hours are short of 40" in text
    assert "there are as few as 16." in text


def test_an_hourly_bid_says_the_best_ask(world: World) -> None:
    world.buy(world.alice, world.first, kind=Kind.HOURLY, price_fen=950)
    assert "Best ask 10.00 at" in world.client("alice").get(reverse("orders")).content.decode()


def test_hours_that_nobody_listed_say_so(world: World) -> None:
    world.buy(world.alice, world.first + 200)
    assert "Nobody has listed these hours yet." in world.client("alice").get(reverse("orders")).content.decode()


def test_the_question_names_what_a_cancel_releases_and_the_cancel_releases_it(world: World) -> None:
    before_fen = available_fen(world.alice.pk)
    order = world.buy(world.alice, world.first, price_fen=500, hours=3, quantity=1)
    held_fen = Hold.objects.get(order=order).pending.amount_fen
    client = world.client("alice")
    question = client.get(reverse("order_cancel", args=[order.pk])).content.decode()
    assert f"¥{held_fen // 100}.{held_fen % 100:02} is released at once." in question
    assert client.post(reverse("order_cancel", args=[order.pk])).status_code == 302
    world.run(world.now)
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert available_fen(world.alice.pk) == before_fen


def test_cancelling_what_has_ended_says_so_and_changes_nothing(world: World) -> None:
    order = world.buy(world.alice, world.first)
    client = world.client("alice")
    page = client.post(reverse("order_cancel", args=[order.pk]), follow=True)
    assert "This order is no longer open" in page.content.decode()
    order.refresh_from_db()
    assert order.state == Order.State.FILLED


def test_the_question_alone_comes_for_htmx(world: World) -> None:
    world.buy(world.alice, world.first, price_fen=500)
    answer = world.client("alice").get(reverse("orders_cancel"), headers={"HX-Request": "true"}).content.decode()
    assert "Cancel 1 open order?" in answer
    assert "<html" not in answer


def test_polling_gets_the_rows_alone(world: World) -> None:
    order = world.buy(world.alice, world.first)
    answer = world.client("alice").get(reverse("orders") + "?show=filled", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert f"order-{order.pk}" in answer.content.decode()


def test_older_orders_are_one_link_away(world: World) -> None:
    for _ in range(31):
        last = world.buy(world.alice, world.first, price_fen=100, hours=1, quantity=1)
    client = world.client("alice")
    text = client.get(reverse("orders")).content.decode()
    assert f"order-{last.pk}" in text
    first = Order.objects.filter(participant=world.alice, state=Order.State.OPEN).order_by("id")[0]
    assert f'id="order-{first.pk}"' not in text
    older = client.get(reverse("orders"), {"before": first.pk + 1}).content.decode()
    assert f'id="order-{first.pk}"' in older


def test_holdings_show_what_was_bought_to_its_buyer_only(world: World) -> None:
    world.buy(world.alice, world.first, hours=4, quantity=2)
    assert (
        "Wuhu-1: 8 acc-h ahead, at most 2 accelerators"
        in world.client("alice").get(reverse("compute")).content.decode()
    )
    for other in ("bob", "charlie"):
        assert "acc-h ahead, at most" not in world.client(other).get(reverse("compute")).content.decode()


def _sell(world: World, **changes: str | int) -> dict[str, str | int]:
    form: dict[str, str | int] = {
        "site": world.site.pk,
        "start": hour_text(world.first),
        "hours": 2,
        "quantity": 2,
        "price_fen": "11.00",
    }
    return {**form, **changes}


def test_sell_back_quotes_the_bids_and_sells_to_them(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=2)
    world.buy(world.charlie, world.first, hours=2, quantity=2, price_fen=990, kind=Kind.HOURLY)
    client = world.client("alice")
    quote = client.get(reverse("sell_back"), _sell(world)).content.decode()
    assert "¥39.36" in quote  # 4 acc-h at 9.90 less 0.60 %
    assert client.post(reverse("sell_back"), _sell(world, act="now")).status_code == 302
    world.run(world.now)
    held = Holding.objects.get(participant=world.charlie, site=world.site, hour=world.first)
    assert held.capacity == 2


def test_sell_back_lists_at_a_price(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=2)
    assert world.client("alice").post(reverse("sell_back"), _sell(world, act="list")).status_code == 302
    world.run(world.now)
    ask = Order.objects.get(participant=world.alice, side=-1)
    assert (ask.state, ask.price_fen, ask.quantity) == (Order.State.OPEN, 1100, 2)


def test_nobody_sells_back_more_than_is_held(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=2)
    page = world.client("alice").post(reverse("sell_back"), _sell(world, act="list", quantity=3))
    assert page.status_code == 422
    assert "You have 2 free accelerators" in page.content.decode()
    assert 'value="11.00"' in page.content.decode()  # nothing typed is lost
    assert not Order.objects.filter(participant=world.alice, side=-1).exists()


def test_the_orders_own_page_names_the_site_and_the_limit_that_would_fill(world: World) -> None:
    order = world.buy(world.alice, world.first, price_fen=900, hours=4, quantity=2)
    text = world.client("alice").get(reverse("order", args=[order.pk])).content.decode()
    assert "The market averages ¥10.00 at best; your limit is ¥9.00. At ¥10.00 it would fill." in text
    assert f"start={world.first}" in text  # one click prices it again


def test_the_orders_own_page_names_the_hours_that_are_short(world: World) -> None:
    order = world.buy(world.alice, world.first + 46, hours=4, quantity=2)
    text = world.client("alice").get(reverse("order", args=[order.pk])).content.decode()
    assert "The market comes closest and is 2 hours short" in text
    assert "it has as few as 0 of 2 accelerators." in text
