"""Limits of participants: set by an operator with a reason, kept by entry.

A limit holds for what comes in from then on, orders and changes that raise or reprice; what is open stays, and cancels go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from matching.bulk import array_literal
from matching.changes import fields_of, record_change
from matching.halts import check_reason
from matching.models import Order, Participant, ParticipantLimit
from matching.prepared import prepared_cursor
from matching.rules import UnableToPlaceOrder

LIVE = f"'{Order.State.PENDING}', '{Order.State.OPEN}'"
FIELDS = ("is_stopped", "open_orders_max", "order_accelerator_hours_max", "reason")


class ParticipantStopped(UnableToPlaceOrder):
    code = "participant_stopped"
    sentence = _(
        "Your organisation places no new orders for now (%(why)s). Ask the exchange's operators; you can still cancel."
    )


class OrderAboveLimit(UnableToPlaceOrder):
    code = "order_above_limit"
    field = "quantity"
    sentence = _(
        "This order is of %(asked)s accelerator-hours, and your organisation's limit is %(most)s (%(why)s). Make it smaller."
    )


class TooManyOpenOrders(UnableToPlaceOrder):
    code = "too_many_open_orders"
    sentence = _("You have %(open)s open orders, the most that your organisation may have (%(why)s). Cancel one first.")


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


READ = f"""
    SELECT l.participant_id, l.is_stopped, l.open_orders_max, l.order_accelerator_hours_max, l.reason,
           CASE WHEN l.open_orders_max IS NULL THEN 0 ELSE (
               SELECT count(*) FROM matching_order o
               WHERE o.participant_id = l.participant_id AND o.state IN ({LIVE})
           ) END
    FROM matching_participantlimit l WHERE l.participant_id = ANY(%s::int[])
"""


@dataclass(slots=True)
class StandingLimit:
    """A participant's limits and how much of them is used."""

    limits: Limits
    reason: str
    open_orders: int

    def find_fault(self, *, accelerator_hours: int, is_new: bool) -> UnableToPlaceOrder | None:
        """Say why an order of this size does not come in, or a change to it; None where it may. A new one that may is counted."""
        if self.limits.is_stopped:
            return ParticipantStopped(why=self.reason)
        most = self.limits.order_accelerator_hours_max
        if most is not None and accelerator_hours > most:
            return OrderAboveLimit(asked=accelerator_hours, most=most, why=self.reason)
        if is_new:
            if self.limits.open_orders_max is not None and self.open_orders >= self.limits.open_orders_max:
                return TooManyOpenOrders(open=self.open_orders, why=self.reason)
            self.open_orders += 1
        return None


def read_limits(participant_ids: Iterable[int]) -> dict[int, StandingLimit]:
    """Return the limits of those of these participants that have any; one statement."""
    with prepared_cursor() as cursor:
        cursor.execute(READ, [array_literal(set(participant_ids))])
        return {
            participant_id: StandingLimit(
                Limits(is_stopped=stopped, open_orders_max=orders, order_accelerator_hours_max=hours), why, open_orders
            )
            for participant_id, stopped, orders, hours, why, open_orders in cursor.fetchall()
        }
