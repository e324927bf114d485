"""What must stand before the demo's first order: classes, markets, organisations, sites, people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from billing.funds import open_accounts
from marketplace.accounts.models import Membership, User
from marketplace.demo.people import DEMO_LOGINS, DEMO_PASSWORD, ORGANISATIONS, Login, Organisation
from marketplace.demo.places import PLACES
from marketplace.demo.sites import ensure_sites
from marketplace.facts.compute_classes import ensure_compute_class
from marketplace.facts.hubs import ensure_hubs
from matching.models import Market, Participant

HORIZON_HOURS = 24 * 60


@dataclass(frozen=True, slots=True)
class Stage:
    """Ids by the names in people.py and places.py."""

    participants: dict[str, int]
    markets: dict[tuple[str, str], int]  # by compute class and hub
    sites: dict[str, int]


@transaction.atomic
def set_stage(*, now: datetime) -> Stage:
    """Create whatever is missing, leave the rest as it is, and return the ids."""
    participants = {
        organisation.slug: _ensure_participant(organisation, number, now)
        for number, organisation in enumerate(ORGANISATIONS, start=1)
    }
    open_accounts(*participants.values())
    markets = _ensure_markets()
    sites = ensure_sites(participants=participants, markets=markets, now=now)
    for login in DEMO_LOGINS:
        _ensure_person(login, participants)
    return Stage(participants=participants, markets=markets, sites=sites)


def _ensure_participant(organisation: Organisation, number: int, now: datetime) -> int:
    participant, _ = Participant.objects.get_or_create(
        slug=organisation.slug,
        defaults={
            "name": organisation.name,
            "name_zh": organisation.name_zh,
            "buys": True,
            "provides": organisation.provides,
            "is_demo": True,
            "legal_name": organisation.legal_name,
            "tax_id": f"DEMO00000000000{number:03d}",
            "address": organisation.address,
            "bank_account": f"0000 0000 0000 {number:04d}",
            "created_at": now,
        },
    )
    return participant.pk


def _ensure_markets() -> dict[tuple[str, str], int]:
    hubs = ensure_hubs()
    markets: dict[tuple[str, str], int] = {}
    for place in PLACES:
        compute_class = ensure_compute_class(place.compute_class)
        market, _ = Market.objects.get_or_create(
            compute_class=compute_class,
            hub=hubs[place.hub],
            defaults={
                "symbol": f"{compute_class.slug}.{place.hub}",
                "horizon_hours": HORIZON_HOURS,
                "reference_price_fen": place.price_fen,
            },
        )
        markets.setdefault((place.compute_class, place.hub), market.pk)
    return markets


def _ensure_person(login: Login, participants: dict[str, int]) -> None:
    user = User.objects.filter(email=login.email).first()
    if user is None:
        user = User.objects.create_user(
            login.email, DEMO_PASSWORD, finance_role=login.finance_role, is_staff=login.operates
        )
        EmailAddress.objects.create(user=user, email=login.email, verified=True, primary=True)
    if login.organisation is not None:
        Membership.objects.get_or_create(user=user, participant_id=participants[login.organisation])
