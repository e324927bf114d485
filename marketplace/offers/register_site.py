"""Registering a provider's site: a data hall of one compute class in one hub."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import connection, transaction
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
        slug=_free_slug(name, tail),
        identifier=identifier or f"SS-{provider_id:05d}-{tail.upper()}",
        name=name,
        name_zh=name_zh,
        provider=provider,
        market_id=market_id,
        accelerators=accelerators,
        interconnect=interconnect,
        created_at=now,
    )


def _free_slug(name: str, tail: str) -> str:
    """Give the site's name as files and addresses write it; with a tail where another site has it, or it has no Latin letters."""
    plain = slugify(name)[:60]
    with connection.cursor() as cursor:
        # Two sites of one name wait for each other, so that one of them sees the other's slug.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"site slug {plain}"])
    is_free = plain and not Site.objects.filter(slug=plain).exists()
    return plain if is_free else f"{plain or 'site'}-{tail}"
