from django.db import models
from django.db.models import Q

from billing.models.version import Version
from matching.models import Participant


class TaxCode(models.TextChoices):
    """What a supply is for the tax office; each code has its own VAT rates."""

    SERVICES = "services"  # modern services, information technology (财税〔2016〕36号, annex 1)
    EXPORT = "export"  # services used abroad, zero-rated (财税〔2016〕36号, annex 4)


class Rate(Version):
    """A version of a rate in basis points that is the same for everybody.

    A VAT rate starts with an invoice period, a penalty with a Beijing day.
    """

    class Kind(models.TextChoices):
        PENALTY = "penalty"  # on the principal of a shortfall, owed by the provider to the holder; as of the trade
        VAT = "vat"  # on value and buyer's fee

    kind = models.CharField(max_length=12, choices=Kind.choices)
    tax_code = models.CharField(max_length=12, choices=TaxCode.choices, blank=True)  # of VAT
    bps = models.IntegerField()

    class Meta(Version.Meta):
        ordering = ["-from_hour", "-id"]
        constraints = [
            *Version.Meta.constraints,
            models.CheckConstraint(condition=Q(bps__gte=0, bps__lte=10_000), name="rate_within_one"),
            models.CheckConstraint(condition=~Q(kind="vat") | ~Q(tax_code=""), name="rate_vat_has_code"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.tax_code} {self.bps} bps from {self.from_hour}"

    @property
    def what(self) -> str:
        """`vat_rate` or `penalty_rate`."""
        return f"{self.kind}_rate"


class TaxStatus(Version):
    """A version of which tax code a buyer's purchases have; without one they are `services`. Starts with an invoice period."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="tax_statuses")
    tax_code = models.CharField(max_length=12, choices=TaxCode.choices)

    class Meta(Version.Meta):
        ordering = ["-from_hour", "-id"]

    def __str__(self) -> str:
        return f"{self.tax_code} of {self.participant_id} from {self.from_hour}"

    @property
    def what(self) -> str:
        """`tax_code`."""
        return "tax_code"
