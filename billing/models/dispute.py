from django.db import models
from django.db.models import Q

from matching.models import Participant, Site


class Dispute(models.Model):
    """A holder says that it got fewer accelerators in an hour than count as delivered; finance decides.

    While it is open, what is contested is kept from the provider (account `disputed`).
    """

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"  # a ruling says what was delivered
        REJECTED = "rejected"  # what counted before stands

    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False)
    hour = models.IntegerField()
    holder = models.ForeignKey(Participant, models.PROTECT, related_name="disputes")
    accelerators = models.IntegerField()  # delivered, as the holder says
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    raised_by = models.CharField(max_length=254)
    raised_at = models.DateTimeField()
    resolution = models.CharField(max_length=500, blank=True)
    resolved_by = models.CharField(max_length=254, blank=True)
    resolved_at = models.DateTimeField(null=True)
    ruling = models.OneToOneField("billing.MeterReading", models.PROTECT, null=True, related_name="dispute")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["hour", "site", "holder"], name="dispute_hour_site_holder")]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "hour", "holder"], name="dispute_open_once", condition=Q(state="open")
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True, ruling__isnull=True)
                | Q(state="upheld", resolved_at__isnull=False, ruling__isnull=False)
                | Q(state="rejected", resolved_at__isnull=False, ruling__isnull=True),
                name="dispute_resolved_with_its_ruling",
            ),
            models.CheckConstraint(condition=Q(accelerators__gte=0), name="dispute_not_negative"),
        ]

    def __str__(self) -> str:
        return f"dispute of hour {self.hour} by {self.holder_id}"
