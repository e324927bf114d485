from django.db import models

from matching.models import Participant


class Reliability(models.Model):
    """How a provider has delivered, over the last 30 and 90 days; kept by a task, see billing/delivery/reliability.py."""

    provider = models.OneToOneField(Participant, models.CASCADE, primary_key=True, related_name="reliability")
    sold_30 = models.BigIntegerField()  # accelerator-hours of its sites, settled
    short_30 = models.BigIntegerField()  # of them, not delivered
    disputes_lost_30 = models.IntegerField()
    late_handovers_30 = models.IntegerField()
    sold_90 = models.BigIntegerField()
    short_90 = models.BigIntegerField()
    disputes_lost_90 = models.IntegerField()
    late_handovers_90 = models.IntegerField()
    score_bps = models.IntegerField(null=True, db_index=True)  # null: nothing delivered in 90 days
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.score_bps} of {self.provider_id}"
