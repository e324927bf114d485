from django.db import models
from django.db.models import Q

from matching.models.market import Market
from matching.models.participant import Participant


class Site(models.Model):
    """One provider's data hall of one compute class in one hub, one interconnect domain.

    `identifier` is the public compute identifier under which other platforms may list it.
    """

    id = models.AutoField(primary_key=True)  # 32 bits; sites rank by id in the matching rules
    slug = models.CharField(max_length=80, unique=True)
    identifier = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80, blank=True)
    provider = models.ForeignKey(Participant, models.PROTECT, related_name="sites")
    market = models.ForeignKey(Market, models.PROTECT, related_name="sites")
    accelerators = models.PositiveIntegerField()  # installed
    interconnect = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(accelerators__gte=1), name="site_accelerators_positive")]

    def __str__(self) -> str:
        return self.name
