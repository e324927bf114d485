from django.db import models
from django.db.models import Q

from matching.engine.bounds import ALTERNATIVES_MAX
from matching.models.market import Market
from matching.models.order import Order


class Alternative(models.Model):
    """Another market, start or limit that a block bid would take instead; the order's own are its alternative 0.

    The first that executes withdraws the others. All else is the order's, and nothing here ever changes, so that the log reads the
    same after years.
    """

    pk = models.CompositePrimaryKey("order_id", "place")
    order = models.ForeignKey(Order, models.PROTECT, related_name="alternatives", db_index=False)
    place = models.SmallIntegerField()  # from 1; the engine's number of it
    market = models.ForeignKey(Market, models.PROTECT, related_name="+", db_index=False)
    start = models.IntegerField()  # first delivery hour
    start_flexibility = models.SmallIntegerField(default=0)  # hours
    price_fen = models.IntegerField()  # per accelerator-hour

    class Meta:
        ordering = ["order_id", "place"]
        constraints = [
            models.CheckConstraint(condition=Q(place__range=(1, ALTERNATIVES_MAX)), name="alternative_place"),
            models.CheckConstraint(condition=Q(price_fen__gte=1), name="alternative_price_positive"),
        ]

    def __str__(self) -> str:
        return f"Alternative {self.place} of order {self.order_id}"
