from django.db import models
from django.db.models import F, Q

SETTLED_UNTIL_SQL = "coalesce((SELECT max(until_hour) FROM billing_settlementrun WHERE state = 'done'), 0)"
"""The hour below which everything is settled (an SQL expression)."""


class SettlementRun(models.Model):
    """One settlement of delivered hours `[from_hour, until_hour)` within one day (Beijing), rerunnable after a kill.

    A *delivery* run settles hours for the first time, a *delta* run posts what later readings and disputes changed of the
    run that it corrects. Readings up to `last_reading_id` count: those received when it began, its cut-off.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    class Kind(models.TextChoices):
        DELIVERY = "delivery"
        DELTA = "delta"

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.DELIVERY)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="deltas")
    from_hour = models.IntegerField()
    until_hour = models.IntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    last_trade_id = models.BigIntegerField(default=0)  # how far a running one has come
    last_reading_id = models.BigIntegerField(default=0)
    is_stale = models.BooleanField(default=False)  # a reading or dispute has come since: a delta run is due
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lines = models.BigIntegerField(default=0)
    value_fen = models.BigIntegerField(default=0)
    buyer_fee_fen = models.BigIntegerField(default=0)
    seller_fee_fen = models.BigIntegerField(default=0)
    vat_fen = models.BigIntegerField(default=0)
    adjustments_made = models.IntegerField(default=0)
    principal_fen = models.BigIntegerField(default=0)  # of shortfalls
    penalty_fen = models.BigIntegerField(default=0)
    returned_fee_fen = models.BigIntegerField(default=0)
    returned_vat_fen = models.BigIntegerField(default=0)
    disputed_fen = models.BigIntegerField(default=0)  # newly kept from sellers; negative: released

    class Meta:
        ordering = ["-until_hour", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["until_hour"], name="settlement_run_delivers_once", condition=Q(kind="delivery")
            ),
            models.CheckConstraint(
                condition=Q(kind="delivery", corrects__isnull=True) | Q(kind="delta", corrects__isnull=False),
                name="settlement_run_delta_corrects",
            ),
            models.CheckConstraint(condition=Q(until_hour__gt=F("from_hour")), name="settlement_run_hours"),
        ]

    def __str__(self) -> str:
        return f"hours {self.from_hour} to {self.until_hour}"

    @property
    def hours(self) -> int:
        """How many delivery hours it settled."""
        return self.until_hour - self.from_hour
