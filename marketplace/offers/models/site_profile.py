from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from matching.models import ComputeClass, Hub, Participant, Site


class SiteProfile(models.Model):
    """What a provider says of a site, from the first draft on; an operator's approval makes the site itself.

    A draft may have any field empty. Numbers are as the provider states them; only `site` trades.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        SUBMITTED = "submitted"  # an operator looks at it
        ACTIVE = "active"  # it has its site
        REFUSED = "refused"  # with a reason; it may be changed and submitted again

    class Power(models.TextChoices):
        GRID = "grid", _("Grid")
        HYDRO = "hydro", _("Hydro")
        WIND = "wind", _("Wind")
        SOLAR = "solar", _("Solar")
        NUCLEAR = "nuclear", _("Nuclear")
        MIXED = "mixed", _("Mixed")

    provider = models.ForeignKey(Participant, models.PROTECT, related_name="site_profiles")
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    name = models.CharField(max_length=80, blank=True)
    name_zh = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    compute_class = models.ForeignKey(ComputeClass, models.PROTECT, null=True, related_name="+")
    hub = models.ForeignKey(Hub, models.PROTECT, null=True, related_name="+")
    accelerators = models.PositiveIntegerField(null=True)  # installed
    node_accelerators = models.PositiveSmallIntegerField(null=True)  # in one machine
    interconnect = models.CharField(max_length=80, blank=True)
    network_gbps = models.PositiveIntegerField(null=True)  # to the outside
    storage_tb = models.PositiveIntegerField(null=True)
    power_source = models.CharField(max_length=7, choices=Power.choices, blank=True)
    green_share_percent = models.PositiveSmallIntegerField(null=True)  # of the energy used, by certificates
    identifier = models.CharField(max_length=60, blank=True)  # public compute identifier; empty: the exchange gives one
    reason = models.CharField(max_length=500, blank=True)  # why it was refused
    site = models.OneToOneField(Site, models.PROTECT, null=True, related_name="profile")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["submitted_at"], name="site_waiting", condition=Q(state="submitted"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="active", site__isnull=False) | (~Q(state="active") & Q(site__isnull=True)),
                name="site_profile_active_has_site",
            ),
            models.CheckConstraint(
                condition=Q(green_share_percent__isnull=True) | Q(green_share_percent__lte=100),
                name="site_profile_green_share",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="site_profile_refused_says_why"),
        ]

    def __str__(self) -> str:
        return self.name or f"Site {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether its provider may change it."""
        return self.state in (self.State.DRAFT, self.State.REFUSED)
