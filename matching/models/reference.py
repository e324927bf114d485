from django.db import models

from matching.models.market import Market


class Reference(models.Model):
    """A reference price that a market has been given, with who and why; `matching/references.py` sets it. Never edited or deleted."""

    market = models.ForeignKey(Market, models.PROTECT, related_name="references", db_index=False)
    price_fen = models.IntegerField(null=True)  # null: the day had no trades, so the price stayed
    band_bps = models.IntegerField()
    day = models.DateField(null=True)  # set by the clock for this day in Beijing; null: by an operator
    by = models.CharField(max_length=254)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["market", "-id"], name="reference_market_newest")]
        constraints = [models.UniqueConstraint(fields=["market", "day"], name="reference_once_a_day")]

    def __str__(self) -> str:
        return f"Reference price {self.pk}"
