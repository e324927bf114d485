from django.db import models
from django.db.models import F, Q

from matching.models.participant import Participant
from matching.models.site import Site


class Holding(models.Model):
    """What a participant may use or sell at a site in one hour: the schedule row of DESIGN section 6.

    A provider's row is made with the site's accelerators as capacity when an ask first needs it; a buyer's capacity is
    what it bought. An ask commits its hours when it is placed, a cancel gives the unfilled part back, a trade changes
    nothing on the seller's row. The database itself refuses to oversell.
    """

    pk = models.CompositePrimaryKey("participant_id", "site_id", "hour")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="holdings", db_index=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="holdings", db_index=False)
    hour = models.IntegerField()  # delivery hour
    capacity = models.IntegerField()  # accelerators
    committed = models.IntegerField(default=0)  # accelerators in open asks or sold
    out_of_service = models.IntegerField(default=0, db_default=0)  # of `capacity`; no new ask may commit them

    class Meta:
        indexes = [models.Index(fields=["site", "hour", "participant"], name="holding_site_holders")]
        constraints = [
            models.CheckConstraint(
                condition=Q(committed__gte=0) & Q(committed__lte=F("capacity")), name="holding_not_oversold"
            ),
            models.CheckConstraint(
                condition=Q(out_of_service__gte=0) & Q(out_of_service__lte=F("capacity")), name="holding_out_of_service"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capacity} at site {self.site_id} in hour {self.hour}"

    @property
    def free(self) -> int:
        """Accelerators neither sold, offered nor out of service."""
        return max(self.capacity - self.out_of_service - self.committed, 0)
