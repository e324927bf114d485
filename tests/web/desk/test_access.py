"""Nobody sees another's orders, holdings, money or documents, and who may not is told who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.accounts.models import User
from matching.models import Order
from tests.web.desk.world import World

BUYERS_PAGES = (
    "compute",
    "orders",
    "orders_cancel",
    "trades",
    "sell_back",
    "wallet",
    "wallet_statement",
    "wallet_documents",
)
PROVIDERS_PAGES = ("capacity", "list_capacity", "provider_offers", "earnings")
ANY_ORGANISATIONS_PAGES = ("provider_sites",)  # where whoever is no provider yet becomes one
FINANCE_PAGES = (
    "finance_settlement", "finance_lines", "finance_report_reconciliation", "finance_report_changes", "finance_report_files",
    "finance_subscriptions", "finance_runs",
    "finance_invoices", "finance_ledger", "finance_deposit", "finance_books", "finance_fapiao", "finance_fapiao_file",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", BUYERS_PAGES + PROVIDERS_PAGES + ANY_ORGANISATIONS_PAGES + FINANCE_PAGES)
def test_visitor_is_asked_to_sign_in_and_comes_back(name: str) -> None:
    response = Client().get(reverse(name))
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={reverse(name)}"


def test_each_person_reaches_its_own_pages_only(world: World) -> None:
    reaches = {
        "alice": BUYERS_PAGES + ANY_ORGANISATIONS_PAGES,
        "bob": BUYERS_PAGES + PROVIDERS_PAGES + ANY_ORGANISATIONS_PAGES,
        "charlie": BUYERS_PAGES + ANY_ORGANISATIONS_PAGES,
        "fiona": FINANCE_PAGES,
    }
    for name, pages in reaches.items():
        client = world.client(name)
        for page in BUYERS_PAGES + PROVIDERS_PAGES + ANY_ORGANISATIONS_PAGES + FINANCE_PAGES:
            status = client.get(reverse(page)).status_code
            assert status == (200 if page in pages else 403), (name, page)


def test_who_may_not_is_told_who_may(world: World) -> None:
    page = world.client("alice").get(reverse("finance_settlement"))
    assert "Only the exchange&#x27;s finance staff may see this page." in page.content.decode()
    page = world.client("alice").get(reverse("capacity"))
    assert reverse("site_new") in page.content.decode()


def test_a_user_without_an_organisation_is_offered_one(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody@example.com"))
    page = client.get(reverse("orders"))
    assert page.status_code == 403
    assert reverse("organisation_new") in page.content.decode()
    assert client.get(reverse("start"))["Location"] == reverse("organisation_new")


def test_orders_and_documents_of_others_do_not_exist_for_an_outsider(world: World) -> None:
    order = world.buy(world.alice, world.first)
    invoice = world.document(world.alice)
    for outsider in ("charlie", "bob"):
        client = world.client(outsider)
        for address in (
            reverse("order", args=[order.pk]),
            reverse("order_cancel", args=[order.pk]),
            reverse("wallet_document", args=[invoice.number]),
            reverse("wallet_document_pdf", args=[invoice.number]),
        ):
            assert client.get(address).status_code == 404, address
        assert client.post(reverse("order_cancel", args=[order.pk])).status_code == 404
    assert world.client("alice").get(reverse("order", args=[order.pk])).status_code == 200


def test_lists_show_ones_own_rows_only(world: World) -> None:
    mine = world.buy(world.alice, world.first)
    others = world.buy(world.charlie, world.first)
    client = world.client("alice")
    for page in ("orders", "trades", "wallet"):
        text = client.get(reverse(page), {"show": "all"}).content.decode()
        assert reverse("order", args=[mine.pk]) in text, page
        assert reverse("order", args=[others.pk]) not in text, page
    documents = client.get(reverse("wallet_documents")).content.decode()
    assert world.document(world.alice).number in documents
    assert world.document(world.charlie).number not in documents


def test_cancelling_everything_cancels_ones_own_only(world: World) -> None:
    mine = world.buy(world.alice, world.first, price_fen=500)
    others = world.buy(world.charlie, world.first, price_fen=500)
    world.client("alice").post(reverse("orders_cancel"))
    world.run(world.now)
    mine.refresh_from_db()
    others.refresh_from_db()
    assert (mine.state, others.state) == (Order.State.CANCELLED, Order.State.OPEN)


def test_nobody_lists_at_anothers_site(world: World) -> None:
    world.bob.memberships.all().delete()
    provider = world.charlie
    provider.provides = True
    provider.save()
    page = world.client("charlie").post(reverse("list_capacity"), {"site": world.site.pk, "hours": 1, "quantity": 1})
    assert page.status_code == 422
    assert not Order.objects.filter(participant=provider, side=-1).exists()


def test_the_switch_takes_ones_own_organisations_only(world: World) -> None:
    client = world.client("alice")
    client.post(reverse("switch_organisation"), {"acting": f"buyer:{world.charlie.pk}"})
    text = client.get(reverse("wallet_documents")).content.decode()
    assert world.document(world.charlie).number not in text
    assert world.document(world.alice).number in text


def test_a_membership_that_ends_ends_at_once(world: World) -> None:
    client = world.client("alice")
    assert client.get(reverse("orders")).status_code == 200
    world.alice.memberships.all().delete()
    assert client.get(reverse("orders")).status_code == 403


def test_switching_changes_whose_pages_are_shown(world: World) -> None:
    fiona = User.objects.get(email="fiona@example.com")
    fiona.memberships.create(participant=world.alice)
    client = world.client("fiona")
    assert client.get(reverse("finance_invoices")).status_code == 200
    assert client.post(reverse("switch_organisation"), {"acting": f"buyer:{world.alice.pk}"}).status_code == 302
    assert world.document(world.alice).number in client.get(reverse("wallet_documents")).content.decode()
