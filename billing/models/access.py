from django.db import models

from matching.models import Participant, Site


class AccessHandover(models.Model):
    """How a holder reaches its accelerators in hours `[start, start + hours)` at a site, encrypted; the newest counts. Immutable."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False)
    holder = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    start = models.IntegerField()  # first delivery hour
    hours = models.IntegerField()
    sealed = models.BinaryField()  # Fernet, see billing/delivery/access_keys.py
    by = models.CharField(max_length=254)
    handed_over_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["holder", "site", "start"], name="access_holder_site_start"),
            models.Index(fields=["site", "start"], name="access_site_start"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(hours__gte=1), name="access_hours_positive")]

    def __str__(self) -> str:
        return f"access of {self.holder_id} at site {self.site_id} from hour {self.start}"


class AccessOpening(models.Model):
    """Who has read access details, and when. Immutable."""

    handover = models.ForeignKey(AccessHandover, models.PROTECT, related_name="openings")
    who = models.CharField(max_length=254)
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.who} at {self.at}"
