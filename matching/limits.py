"""Limits of participants: set by an operator with a reason, kept by entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from matching.changes import fields_of, record_change
from matching.halts import check_reason
from matching.models import Participant, ParticipantLimit

FIELDS = ("is_stopped", "open_orders_max", "order_accelerator_hours_max", "reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a participant may do; null: no limit."""

    is_stopped: bool = False
    open_orders_max: int | None = None
    order_accelerator_hours_max: int | None = None


@transaction.atomic
def set_limits(*, participant_id: int, limits: Limits, by: str, reason: str, now: datetime) -> ParticipantLimit:
    """Limit a participant from its next order on; open orders stay. Raises ReasonRequired."""
    check_reason(reason)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    limit = ParticipantLimit.objects.filter(pk=participant_id).first()
    before = fields_of(limit, FIELDS) if limit else {}
    limit = limit or ParticipantLimit(participant=participant)
    limit.is_stopped = limits.is_stopped
    limit.open_orders_max = limits.open_orders_max
    limit.order_accelerator_hours_max = limits.order_accelerator_hours_max
    limit.reason, limit.set_by, limit.set_at = reason, by, now
    limit.save()
    record_change(
        who=by,
        what="participant.limit",
        on=participant,
        now=now,
        before=before,
        after=fields_of(limit, FIELDS),
        participant_id=participant_id,
        why=reason,
    )
    return limit


def limits_of(participant_ids: Iterable[int]) -> dict[int, ParticipantLimit]:
    """The limits of those of these participants that have any; one statement."""
    return ParticipantLimit.objects.in_bulk(set(participant_ids))
