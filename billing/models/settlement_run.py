from django.db import models
from django.db.models import F, Q


class SettlementRun(models.Model):
    """One settlement of delivered hours `[from_hour, until_hour)` within one day (Beijing), rerunnable after a kill."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"

    from_hour = models.IntegerField()
    until_hour = models.IntegerField(unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lines = models.BigIntegerField(default=0)
    value_fen = models.BigIntegerField(default=0)
    buyer_fee_fen = models.BigIntegerField(default=0)
    seller_fee_fen = models.BigIntegerField(default=0)
    vat_fen = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-until_hour"]
        constraints = [
            models.CheckConstraint(condition=Q(until_hour__gt=F("from_hour")), name="settlement_run_hours"),
        ]

    def __str__(self) -> str:
        return f"hours {self.from_hour} to {self.until_hour}"

    @property
    def hours(self) -> int:
        """How many delivery hours it settled."""
        return self.until_hour - self.from_hour
