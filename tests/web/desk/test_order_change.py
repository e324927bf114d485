"""Changing an order in its row: what the note says, what is asked for, and what the story tells afterwards."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from billing.models import Hold
from matching.engine.dtypes import Kind
from matching.models import Command, Order
from tests.web.desk.world import World

PART = {"HX-Request": "true"}


def waiting(world: World) -> Order:
    return world.buy(world.alice, world.first, kind=Kind.HOURLY, hours=2, quantity=4, price_fen=900)


def terms(order: Order, quantity: int | str, limit: str) -> dict[str, int | str]:
    return {f"o{order.pk}-quantity": quantity, f"o{order.pk}-price_fen": limit}


def note(client: Client, order: Order, quantity: int, limit: str) -> str:
    address = reverse("order_change", args=[order.pk])
    return client.get(address, terms(order, quantity, limit), headers=PART).content.decode()


def test_the_row_becomes_a_form_and_a_row_again(world: World) -> None:
    order = waiting(world)
    client = world.client("alice")
    assert f"Change order {order.pk}" in client.get(reverse("orders")).content.decode()
    row = client.get(reverse("order_change", args=[order.pk]), headers=PART).content.decode()
    assert row.lstrip().startswith(f'<tr id="order-{order.pk}" class="changing">')
    assert 'value="4"' in row
    assert 'value="9.00"' in row
    assert "<html" not in row
    back = client.get(reverse("order_row", args=[order.pk]), headers=PART).content.decode()
    assert back.lstrip().startswith(f'<tr id="order-{order.pk}">')


def test_the_note_says_what_a_change_keeps_loses_and_holds(world: World) -> None:
    order = waiting(world)
    client = world.client("alice")
    unit_fen = Hold.objects.get(order=order).unit_fen
    cut = note(client, order, 3, "9.00")
    assert "Keeps its place in the queue." in cut
    assert f"¥{2 * unit_fen / 100:.2f} is released." in cut
    raised = note(client, order, 5, "9.00")
    assert "Goes to the back of the queue." in raised
    assert f"¥{2 * unit_fen / 100:.2f} more is held." in raised
    assert "Goes to the back of the queue." in note(client, order, 4, "9.10")
    assert "more is held" in note(client, order, 4, "9.10")
    assert "queue" not in note(client, order, 4, "9.00")
    assert "Top up" in note(client, order, 900_000, "9.00")
    assert not Command.objects.filter(sequence=None).exists()


def test_a_change_is_asked_for_done_and_told(world: World) -> None:
    order = waiting(world)
    client = world.client("alice")
    row = client.post(reverse("order_change", args=[order.pk]), terms(order, 5, "9.10"), headers=PART).content.decode()
    assert "A change is on its way to the market." in row
    world.run(world.now)
    order.refresh_from_db()
    assert (order.open, order.price_fen) == ([5, 5], 910)
    story = client.get(reverse("order", args=[order.pk])).content.decode()
    assert "Changed to 5 accelerators, limit 9.10" in story


def test_a_field_that_was_left_is_not_part_of_the_change(world: World) -> None:
    """Who changes the price alone asks for no quantity, so that what trades meanwhile does not stop it."""
    order = waiting(world)
    world.client("alice").post(reverse("order_change", args=[order.pk]), terms(order, 4, "9.10"), headers=PART)
    command = Command.objects.get(sequence=None)
    assert (command.quantity, command.price_fen) == (None, 910)


def test_a_refusal_stands_beside_its_field(world: World) -> None:
    order = waiting(world)
    client = world.client("alice")
    said = client.post(reverse("order_change", args=[order.pk]), terms(order, 4, "9.00"), headers=PART).content.decode()
    assert "The order stands like this already." in said
    page = client.post(reverse("order_change", args=[order.pk]), terms(order, "", "9.10"))
    assert page.status_code == 422
    assert "This field is required." in page.content.decode()


def test_without_scripts_it_is_a_page(world: World) -> None:
    order = waiting(world)
    client = world.client("alice")
    page = client.get(reverse("order_change", args=[order.pk])).content.decode()
    assert "<html" in page
    answer = client.post(reverse("order_change", args=[order.pk]), terms(order, 3, "9.00"), follow=True)
    assert "is on its way to the market" in answer.content.decode()


def test_only_the_owner_changes_an_order_that_waits(world: World) -> None:
    order = waiting(world)
    assert world.client("charlie").get(reverse("order_change", args=[order.pk])).status_code == 404
    filled = world.buy(world.alice, world.first)
    assert world.client("alice").get(reverse("order_change", args=[filled.pk])).status_code == 302
