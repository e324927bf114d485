from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.period import HOURS_A_PERIOD, PERIOD_OFFSET
from matching.models import Site


class PriceCurve(models.Model):
    """A price for each hour of the week at a site, Monday 00:00 in Beijing first, and a floor below which none goes."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="price_curves")
    name = models.CharField(max_length=60)
    prices_fen = ArrayField(models.IntegerField(), size=HOURS_A_PERIOD)  # per accelerator-hour
    floor_fen = models.IntegerField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["site", "name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="price_curve_name"),
            models.CheckConstraint(condition=Q(prices_fen__len=HOURS_A_PERIOD), name="price_curve_whole_week"),
        ]

    def __str__(self) -> str:
        return self.name

    def price_of(self, hour: int) -> int:
        """Return the price of a delivery hour in fen."""
        price: int = self.prices_fen[(hour + PERIOD_OFFSET) % HOURS_A_PERIOD]
        return max(price, self.floor_fen or 0)

    @property
    def low_fen(self) -> int:
        return max(min(self.prices_fen), self.floor_fen or 0)

    @property
    def high_fen(self) -> int:
        return max(max(self.prices_fen), self.floor_fen or 0)
