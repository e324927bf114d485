from django.db import models
from django.db.models import Q

from billing.models.transfer import Transfer
from matching.models import Participant


class VatPeriod(models.Model):
    """A buyer's VAT of one invoice period, kept cumulatively (EN 16931: the rate on the net total, rounded once).

    Posted so far is round_half_up(rate x `settled_base_fen`); pending is
    round_half_up(rate x (settled + unsettled base)) less that, so neither drifts by a fen.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="vat_periods")
    start = models.IntegerField()  # first delivery hour of the invoice period (billing/period.py)
    rate_bps = models.IntegerField()  # in force at the first hour of the period
    settled_base_fen = models.BigIntegerField(default=0)  # value + buyer's fee of settled hours
    unsettled_base_fen = models.BigIntegerField(default=0)  # of cleared trades not yet settled
    posted_fen = models.BigIntegerField(default=0)
    pending = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "start"], name="vat_period_participant"),
            models.CheckConstraint(
                condition=Q(settled_base_fen__gte=0) & Q(unsettled_base_fen__gte=0) & Q(posted_fen__gte=0),
                name="vat_period_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"VAT of {self.participant_id} from hour {self.start}"
