from django.db import models
from django.db.models import Q

from matching.models.participant import Participant


class ParticipantLimit(models.Model):
    """What an operator lets a participant do; without a row there is no limit. `matching/limits.py` sets it, entry keeps it."""

    participant = models.OneToOneField(Participant, models.PROTECT, primary_key=True, related_name="limit")
    is_stopped = models.BooleanField(default=False)  # no new orders and no changes that raise; cancels go on
    open_orders_max = models.IntegerField(null=True)
    order_accelerator_hours_max = models.BigIntegerField(null=True)  # of one order: quantity x hours
    reason = models.CharField(max_length=500)  # the participant reads it
    set_by = models.CharField(max_length=254)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(open_orders_max__isnull=True) | Q(open_orders_max__gte=1))
                & (Q(order_accelerator_hours_max__isnull=True) | Q(order_accelerator_hours_max__gte=1)),
                name="participant_limit_positive",
            )
        ]

    def __str__(self) -> str:
        return f"Limit of participant {self.participant_id}"
