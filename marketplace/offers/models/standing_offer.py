from django.db import models
from django.db.models import Q

from marketplace.offers.models.price_curve import PriceCurve
from matching.models import Site

DAYS_AHEAD_MAX = 30


class StandingOffer(models.Model):
    """A rule that lists a site's hours as they come into reach, at the prices of a curve.

    Hours below `listed_until` have been listed, or passed over for want of capacity; the rule never goes back.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"
        ENDED = "ended"

    site = models.ForeignKey(Site, models.PROTECT, related_name="standing_offers")
    name = models.CharField(max_length=60)
    curve = models.ForeignKey(PriceCurve, models.PROTECT, related_name="standing_offers")
    quantity = models.PositiveIntegerField()  # accelerators in every hour, or what is free where that is less
    display_quantity = models.PositiveIntegerField(null=True)  # iceberg
    days_ahead = models.PositiveSmallIntegerField()  # whole days after today, in Beijing
    from_clock = models.PositiveSmallIntegerField(default=0)  # first hour of each day, in Beijing
    hours_a_day = models.PositiveSmallIntegerField(default=24)
    state = models.CharField(max_length=6, choices=State.choices, default=State.ACTIVE)
    listed_until = models.IntegerField(null=True)  # delivery hour
    renewed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # why the last try listed nothing
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["listed_until"], name="standing_offer_due", condition=Q(state="active"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1, days_ahead__gte=1, days_ahead__lte=DAYS_AHEAD_MAX, from_clock__lte=23)
                & Q(hours_a_day__gte=1, hours_a_day__lte=24),
                name="standing_offer_bounds",
            )
        ]

    def __str__(self) -> str:
        return self.name
