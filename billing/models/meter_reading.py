from django.db import models
from django.db.models import Q

from matching.models import Participant, Site


class MeterReading(models.Model):
    """How many accelerators a holder could use at a site in one delivery hour, as a meter says. Immutable.

    The newest reading of a site, hour and holder counts (by `read_at`, then id); a ruling on a dispute counts before all.
    A provider's reading is known by `source` and `source_id`: the same again is no second reading.
    """

    provider = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False)
    hour = models.IntegerField()
    holder = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    accelerators = models.IntegerField()
    source = models.CharField(max_length=60)  # the meter or the system that keeps its numbers
    source_id = models.CharField(max_length=120)
    read_at = models.DateTimeField()  # by the meter's clock
    received_at = models.DateTimeField()
    is_ruling = models.BooleanField(default=False)  # finance decided it in a dispute

    class Meta:
        indexes = [
            models.Index(fields=["hour", "site", "holder"], name="reading_hour_site_holder"),
            models.Index(fields=["holder", "hour"], name="reading_holder_hour"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "source", "source_id"], name="reading_source_id", condition=Q(is_ruling=False)
            ),
            models.CheckConstraint(condition=Q(accelerators__gte=0), name="reading_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.accelerators} accelerators in hour {self.hour}"
