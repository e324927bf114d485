"""A provider's desk: a site from its draft to its first earnings, curves and rules, maintenance, files, and access."""

from __future__ import annotations

from io import BytesIO

from django.urls import reverse
from django.utils import timezone

from billing.delivery.reliability import keep_reliability
from billing.models import Invoice
from marketplace.accounts.models import User
from marketplace.offers.models import Maintenance, Offer, PriceCurve, SiteProfile, StandingOffer
from marketplace.offers.standing_offers import renew_standing_offers
from matching.models import Change, Order, Participant, Site
from tests.factories import make_market
from tests.web.desk.world import World, hour_text

PLACE = {"name": "Alice Hall", "city": "Wuhu"}
HARDWARE = {"accelerators": 12, "interconnect": "NVLink", "network_gbps": 100}
POWER = {"power_source": "hydro", "green_share_percent": 90}


def test_a_first_site_is_drafted_in_steps_sent_back_mended_and_approved(world: World) -> None:
    market = make_market("A10-24G", "gansu")
    User.objects.filter(email="fiona@example.com").update(is_staff=True)
    alice, fiona = world.client("alice"), world.client("fiona")
    assert alice.get(reverse("capacity")).status_code == 403
    place = {**PLACE, "compute_class": market.compute_class_id, "hub": market.hub_id}
    assert alice.post(reverse("site_new"), place).status_code == 302
    profile = SiteProfile.objects.get()
    saved = alice.post(
        reverse("site_step", args=[profile.pk, "hardware"]), {"accelerators": 12, "network_gbps": "many"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert "Saved" in saved.content.decode()
    profile.refresh_from_db()
    assert (profile.accelerators, profile.network_gbps) == (12, None)
    check = reverse("site_step", args=[profile.pk, "check"])
    assert "Say first: interconnect, network, power source, green share." in alice.post(check).content.decode()
    alice.post(reverse("site_step", args=[profile.pk, "hardware"]), HARDWARE)
    alice.post(reverse("site_step", args=[profile.pk, "power"]), POWER)
    assert alice.post(check).status_code == 302
    assert "Alice Hall" in fiona.get(reverse("operations_sites")).content.decode()
    decide = reverse("operations_site", args=[profile.pk])
    assert "Say why." in fiona.post(decide, {"refuse": "1", "reason": ""}).content.decode()
    fiona.post(decide, {"refuse": "1", "reason": "Which machines are they?"})
    assert "Which machines are they?" in alice.get(reverse("provider_sites")).content.decode()
    alice.post(check)
    assert fiona.post(decide, {"approve": "1"}).status_code == 302
    site = Site.objects.get(provider=world.alice)
    assert (site.accelerators, site.market_id) == (12, market.pk)
    assert Participant.objects.get(pk=world.alice.pk).provides
    form = {"site": site.pk, "start": hour_text(world.first), "hours": 4, "days": 1, "quantity": 12, "price_fen": "2"}
    assert alice.post(reverse("list_capacity"), form).status_code == 302
    assert "90% green" in alice.get(reverse("home")).content.decode()
    assert "Alice Hall" not in alice.get(reverse("home"), {"green_min": 95}).content.decode()
    assert world.client("charlie").get(check).status_code == 404
    assert Change.objects.filter(what="site_profile.approve", who="fiona@example.com").exists()


def test_a_curve_fills_a_week_and_a_rule_lists_by_it(world: World) -> None:
    bob = world.client("bob")
    form = {"site": world.site.pk, "name": "week", "days_fen": "12", "nights_fen": "9", "weekend_fen": "10.6"}
    filled = bob.post(reverse("price_curve_new"), {**form, "fill": "1"}).content.decode()
    assert filled.count('value="10.60"') == 48
    assert not PriceCurve.objects.exists()
    assert bob.post(reverse("price_curve_new"), form).status_code == 302
    curve = PriceCurve.objects.get()
    assert (curve.prices_fen[0], curve.prices_fen[8], curve.prices_fen[-1]) == (900, 1200, 1060)
    rule = {"name": "all week", "curve": curve.pk, "quantity": 8, "days_ahead": 2, "from_clock": 0, "hours_a_day": 24}
    preview = bob.post(reverse("standing_offer_new"), rule, headers={"HX-Request": "true"}).content.decode()
    assert "acc-h at ¥9" in preview
    assert bob.post(reverse("standing_offer_new"), rule).status_code == 302
    made = renew_standing_offers(now=world.now)
    assert made == Offer.objects.filter(standing__name="all week").count() > 0
    world.run(world.now)
    page = bob.get(reverse("standing_offers")).content.decode()
    assert "all week" in page
    standing = StandingOffer.objects.get()
    bob.post(reverse("standing_offer_step", args=[standing.pk, "pause"]))
    assert "Paused" in bob.get(reverse("standing_offers")).content.decode()
    assert "still live" in bob.get(reverse("standing_offer_step", args=[standing.pk, "end"])).content.decode()
    bob.post(reverse("standing_offer_step", args=[standing.pk, "end"]), {"withdraw": "1"})
    world.run(world.now)
    assert not Order.objects.filter(offer__standing=standing, state="open").exists()
    assert "all week" not in bob.get(reverse("standing_offers")).content.decode()
    assert world.client("alice").get(reverse("price_curve", args=[curve.pk])).status_code == 403


def test_maintenance_says_what_it_withdraws_before_it_does(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=5)
    bob = world.client("bob")
    form = {
        "site": world.site.pk,
        "start": hour_text(world.first + 4),
        "hours": 3,
        "accelerators": 64,
        "reason": "fans",
    }
    asked = bob.post(reverse("maintenance_new"), form).content.decode()
    assert "1 offer is withdrawn, with 48 unsold acc-h" in asked
    assert not Maintenance.objects.exists()
    refused = bob.post(reverse("maintenance_new"), {**form, "start": hour_text(world.first)})
    assert refused.status_code == 422
    assert "5 accelerators are due" in refused.content.decode()
    assert bob.post(reverse("maintenance_new"), {**form, "confirm": "1"}).status_code == 302
    world.run(world.now)
    assert Order.objects.get(pk=world.offer.order_id).state == Order.State.CANCELLED
    assert 'class="hatch"' in bob.get(reverse("capacity")).content.decode()
    bob.post(reverse("maintenance_cancel", args=[Maintenance.objects.get().pk]))
    assert "Called off" in bob.get(reverse("maintenance")).content.decode()


def test_a_file_of_offers_is_checked_then_listed(world: World) -> None:
    bob = world.client("bob")
    template = bob.get(reverse("offers_template")).content.decode("utf-8-sig")
    assert "Wuhu-1" not in template
    start = hour_text(world.first + 72).replace("T", " ")
    good = f"site,start,hours,quantity,price\nWuhu-1,{start},4,8,9.50\n芜湖一号,{start},4,8,9.70\n".encode("gb18030")
    bad = good + b"nowhere,2026-01-01,4,8,9\n"
    page = bob.post(reverse("offers_file"), {"file": BytesIO(bad)})
    assert page.status_code == 422
    assert "nowhere is no site of yours." in page.content.decode()
    checked = bob.post(reverse("offers_file"), {"file": BytesIO(good)})
    assert "2 lines can be listed" in checked.content.decode()
    count = Offer.objects.count()
    assert bob.post(reverse("offers_file"), {"take": "1", "content": checked.context["content"]}).status_code == 302
    assert Offer.objects.count() == count + 2


def test_offers_change_in_their_row_and_all_are_withdrawn_at_once(world: World) -> None:
    bob, order_id = world.client("bob"), world.offer.order_id
    part = {"HX-Request": "true"}
    assert (
        f'name="o{order_id}-quantity"'
        in bob.get(reverse("offer_change", args=[order_id]), headers=part).content.decode()
    )
    change = {f"o{order_id}-quantity": 10, f"o{order_id}-price_fen": "11.00"}
    assert bob.post(reverse("offer_change", args=[order_id]), change, headers=part).status_code == 200
    world.run(world.now)
    order = Order.objects.get(pk=order_id)
    assert (order.quantity, order.price_fen) == (10, 1100)
    assert "Withdraw 1 offer" in bob.get(reverse("offers_cancel")).content.decode()
    bob.post(reverse("offers_cancel"))
    world.run(world.now)
    assert not Order.objects.filter(participant=world.bob, state="open").exists()


def test_an_iceberg_by_a_curve_ends_at_its_time(world: World) -> None:
    bob = world.client("bob")
    bob.post(reverse("price_curve_new"), {"site": world.site.pk, "name": "flat", "days_fen": "9.5"})
    form: dict[str, str | int] = {
        "site": world.site.pk, "start": hour_text(world.first + 72), "hours": 4, "days": 1, "quantity": 8, "price_fen": "",
        "curve": PriceCurve.objects.get().pk, "display_quantity": 2, "expires_at": hour_text(world.first + 60),
    }  # fmt: skip
    assert "acc-h" in bob.get(reverse("painted"), form).content.decode()
    assert bob.post(reverse("list_capacity"), form).status_code == 302
    order = Order.objects.latest("pk")
    assert (order.price_fen, order.display_quantity, order.expires_at is not None) == (950, 2, True)
    page = bob.post(reverse("list_capacity"), {**form, "curve": ""})
    assert "Give a price, or choose a curve." in page.content.decode()


def test_access_details_reach_the_holder_from_the_gate_on(world: World) -> None:
    world.buy(world.alice, world.first, hours=2, quantity=5)
    bob, alice = world.client("bob"), world.client("alice")
    assert "1 delivery without access details" in bob.get(reverse("provider_access")).content.decode()
    path = reverse("hand_over", args=[world.site.pk, world.alice.pk, world.first])
    assert bob.post(path, {"text": "ssh wuhu-1, key follows"}).status_code == 302
    look = reverse("delivery_access", args=[world.site.pk, world.first])
    early = alice.post(look)
    assert early.status_code == 409
    assert "ssh wuhu-1" not in early.content.decode()
    assert world.client("charlie").post(look).status_code == 404
    assert "handed over" not in alice.get(reverse("deliveries")).content.decode()


def test_earnings_open_from_week_to_trade_and_reliability_shows_its_lines(world: World) -> None:
    keep_reliability(now=timezone.now())
    bob = world.client("bob")
    page = bob.get(reverse("earnings")).content.decode()
    assert "Net earnings, ¥" in page
    week = Invoice.objects.get(participant=world.bob, kind=Invoice.Kind.STATEMENT).start
    days = bob.get(reverse("earnings_period", args=[week])).content.decode()
    assert "Wuhu-1" in days
    trades = bob.get(reverse("earnings_site", args=[week, world.site.pk])).content.decode()
    assert "280.00" in trades  # 28 accelerator-hours at 10 yuan
    assert "100%" in bob.get(reverse("reliability")).content.decode()
    assert "100% reliable" in bob.get(reverse("home"), {"reliability_min": "99"}).content.decode()
