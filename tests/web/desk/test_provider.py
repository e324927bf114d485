"""A provider lists, sees what sells, withdraws, and registers sites."""

from __future__ import annotations

from django.urls import reverse

from marketplace.offers.models import Offer
from marketplace.web.hour_calendar import Ruler
from marketplace.web.provider.capacity_rows import capacity_rows
from matching.engine.dtypes import Kind
from matching.hours import hour_of
from matching.models import Order
from tests.web.desk.world import World, hour_text


def _form(world: World, **changes: object) -> dict[str, object]:
    form = {
        "site": world.site.pk, "start": hour_text(world.first + 72), "hours": 4, "days": 1, "quantity": 8,
        "price_fen": "9.50", "reference": "evening",
    }  # fmt: skip
    return {**form, **changes}


def test_listing_publishes_an_offer_whose_ask_reaches_the_book(world: World) -> None:
    assert world.client("bob").post(reverse("list_capacity"), _form(world)).status_code == 302
    world.run(world.now)
    offer = Offer.objects.select_related("order").order_by("-id")[0]
    order = offer.order
    assert (order.state, order.quantity, order.hours, order.price_fen) == (Order.State.OPEN, 8, 4, 950)
    assert (order.start, offer.reference) == (world.first + 72, "evening")
    assert "evening" in world.client("bob").get(reverse("provider_offers")).content.decode()


def test_the_same_hours_of_several_days_are_an_offer_a_day(world: World) -> None:
    world.client("bob").post(reverse("list_capacity"), _form(world, days=3))
    starts = list(
        Offer.objects.filter(reference="evening").order_by("order__start").values_list("order__start", flat=True)
    )
    assert starts == [world.first + 72, world.first + 96, world.first + 120]


def test_more_than_is_free_is_refused_whole_and_the_form_keeps_what_was_typed(world: World) -> None:
    offers = Offer.objects.count()
    # The second day has 48 left, the first 64.
    world.publish(world.first + 96, hours=4, now=world.now)
    page = world.client("bob").post(reverse("list_capacity"), _form(world, days=2, quantity=60))
    assert page.status_code == 422
    text = page.content.decode()
    assert "You have 48 free accelerators at Wuhu-1" in text
    assert 'value="9.50"' in text
    assert Offer.objects.count() == offers + 1


def test_the_preview_says_what_would_sell_and_reserves_nothing(world: World) -> None:
    world.buy(world.alice, world.first + 72, hours=4, quantity=5, price_fen=1000, kind=Kind.HOURLY)
    orders = Order.objects.count()
    text = world.client("bob").post(reverse("listing_preview"), _form(world)).content.decode()
    assert "20 acc-h sell at once" in text
    assert "¥10.00 on average" in text
    assert "¥314.00" in text  # 20 x 10.00 + 12 x 9.50
    assert Order.objects.count() == orders
    assert "No bid meets this price now." in world.client("bob").post(
        reverse("listing_preview"), _form(world, price_fen="10.01")
    ).content.decode()  # fmt: skip


def test_a_price_finer_than_a_fen_and_a_start_within_an_hour_are_explained(world: World) -> None:
    client = world.client("bob")
    text = client.post(reverse("list_capacity"), _form(world, price_fen="9.505")).content.decode()
    assert "errorlist" in text
    start = hour_text(world.first + 72)[:-2] + "30"
    text = client.post(reverse("list_capacity"), _form(world, start=start)).content.decode()
    assert "Delivery hours start at the full hour. Choose minutes 00." in text
    text = client.post(reverse("list_capacity"), _form(world, hours=25, days=2)).content.decode()
    assert "On several days, list at most 24 hours a day." in text


def test_capacity_shows_sold_listed_and_free(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=5)
    ruler = Ruler(start=hour_of(world.now), hours=72, now=world.now)
    (row,) = capacity_rows(provider_id=world.bob.pk, ruler=ruler)
    index = world.first - ruler.start
    assert (row.sold[index], row.listed[index], row.free[index]) == (5, 11, 48)
    assert (row.sold[index + 2], row.listed[index + 2], row.free[index + 2]) == (0, 16, 48)
    assert (row.sold[index + 48], row.listed[index + 48], row.free[index + 48]) == (0, 0, 64)
    assert "Wuhu-1" in world.client("bob").get(reverse("capacity")).content.decode()


def test_withdrawing_takes_back_what_has_not_sold(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=5)
    client = world.client("bob")
    client.post(reverse("order_cancel", args=[world.offer.order_id]))
    world.run(world.now)
    order = Order.objects.get(pk=world.offer.order_id)
    assert order.state == Order.State.CANCELLED
    assert order.filled_accelerator_hours == 10
    ruler = Ruler(start=world.first, hours=2, now=world.now)
    assert capacity_rows(provider_id=world.bob.pk, ruler=ruler)[0].free == [59, 59]


def test_a_closed_hour_is_refused_in_the_persons_time(world: World) -> None:
    closed = hour_of(world.now)
    page = world.client("bob").post(reverse("list_capacity"), _form(world, start=hour_text(closed)))
    assert page.status_code == 422
    said = hour_text(closed).replace("T", " ")
    assert f"Trading for the hour from {said} UTC+8 closed at" in page.content.decode()
