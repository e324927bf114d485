from django.db import models

from marketplace.offers.models.standing_offer import StandingOffer
from matching.models import Order


class Offer(models.Model):
    """A provider's published, priced listing; it owns one ask, which says what is still for sale."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="offer")
    reference = models.CharField(max_length=80, blank=True)  # the provider's own name for it
    standing = models.ForeignKey(  # the rule that listed it
        StandingOffer, models.PROTECT, null=True, related_name="offers"
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reference or f"Offer {self.pk}"
