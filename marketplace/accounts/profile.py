"""The legal facts of an organisation, which documents copy when they are issued."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from matching.changes import fields_of, record_change
from matching.models import Participant

FACTS = ("name", "name_zh", "legal_name", "tax_id", "address", "bank_account")


@transaction.atomic
def change_profile(*, participant_id: int, by: str, now: datetime, **facts: Any) -> Participant:
    """Keep what is said of an organisation (some of FACTS); what is left out stays."""
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    before = fields_of(participant, facts)
    for name, value in facts.items():
        if name not in FACTS:
            raise TypeError(f"{name} is no fact of an organisation")
        setattr(participant, name, value)
    participant.save(update_fields=list(facts))
    if before != facts:
        record_change(
            who=by, what="participant.change", on=participant, before=before, after=facts,
            participant_id=participant_id, now=now,
        )  # fmt: skip
    return participant
