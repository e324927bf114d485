"""Registering a provider's site: a data hall of one compute class in one hub."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from matching.models import Participant, Site


@transaction.atomic
def register_site(
    *,
    provider_id: int,
    market_id: int,
    name: str,
    name_zh: str,
    accelerators: int,
    interconnect: str,
    identifier: str = "",
    now: datetime,
) -> Site:
    """Store the site with its public compute identifier, one of ours where none is given; its participant provides from now on."""
    provider = Participant.objects.select_for_update().get(pk=provider_id)
    if not provider.provides:
        provider.provides = True
        provider.save(update_fields=["provides"])
    tail = secrets.token_hex(3)
    return Site.objects.create(
        slug=f"{slugify(name)[:60] or 'site'}-{tail}",
        identifier=identifier or f"SS-{provider_id:05d}-{tail.upper()}",
        name=name,
        name_zh=name_zh,
        provider=provider,
        market_id=market_id,
        accelerators=accelerators,
        interconnect=interconnect,
        created_at=now,
    )
