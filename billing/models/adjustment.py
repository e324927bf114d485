from django.db import models

from billing.models.dispute import Dispute
from billing.models.meter_reading import MeterReading
from billing.models.obligation import Obligation
from billing.models.settlement_run import SettlementRun


class Adjustment(models.Model):
    """What a run changed of one settled hour of a trade, as a difference to the runs before. Immutable.

    A *shortfall* gives the holder `principal_fen` (price x missing accelerators), a penalty and its fee back, and charges
    principal and penalty to the site's provider. A *dispute* keeps `principal_fen` from the seller until it is resolved.
    Amounts are negative where a later reading takes something back.
    """

    class Kind(models.TextChoices):
        SHORTFALL = "shortfall"
        DISPUTE = "dispute"

    run = models.ForeignKey(SettlementRun, models.PROTECT, related_name="adjustments")
    trade = models.ForeignKey(Obligation, models.PROTECT, related_name="adjustments", db_index=False)
    hour = models.IntegerField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    accelerators = models.IntegerField()
    principal_fen = models.BigIntegerField()
    penalty_fen = models.BigIntegerField()
    buyer_fee_fen = models.BigIntegerField()
    reading = models.ForeignKey(MeterReading, models.PROTECT, null=True, related_name="adjustments")  # evidence
    dispute = models.ForeignKey(Dispute, models.PROTECT, null=True, related_name="adjustments")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")  # the one before

    class Meta:
        indexes = [models.Index(fields=["hour"], name="adjustment_hour")]
        constraints = [models.UniqueConstraint(fields=["trade", "hour", "kind", "run"], name="adjustment_once_a_run")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.accelerators} in hour {self.hour} of trade {self.trade_id}"
