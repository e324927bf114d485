from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.models import Order, Site


class Maintenance(models.Model):
    """Hours `[start, start + hours)` in which `accelerators` of a site are out of service and cannot be sold."""

    class State(models.TextChoices):
        PLANNED = "planned"
        CANCELLED = "cancelled"

    site = models.ForeignKey(Site, models.PROTECT, related_name="maintenances")
    start = models.IntegerField()  # first delivery hour
    hours = models.IntegerField()
    accelerators = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-start", "-id"]
        indexes = [models.Index(fields=["site", "start"], name="maintenance_site_start")]
        constraints = [
            models.CheckConstraint(condition=Q(accelerators__gte=1, hours__gte=1), name="maintenance_size_positive")
        ]

    def __str__(self) -> str:
        return f"{self.accelerators} out of service at {self.site_id} from hour {self.start}"

    @property
    def end(self) -> int:
        return self.start + self.hours


class Withdrawal(models.Model):
    """An ask that a maintenance withdrew; what of it lies outside is listed again once the matcher has cancelled it.

    `accelerators` has one entry an hour of the ask: what was open or sold of it when it was withdrawn.
    """

    maintenance = models.ForeignKey(Maintenance, models.PROTECT, related_name="withdrawals")
    order = models.OneToOneField(Order, models.PROTECT, related_name="withdrawal")
    accelerators = ArrayField(models.IntegerField())
    listed_again_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # why it was not listed again

    class Meta:
        indexes = [models.Index(fields=["id"], name="withdrawal_waiting", condition=Q(listed_again_at__isnull=True))]

    def __str__(self) -> str:
        return f"order {self.order_id}"
