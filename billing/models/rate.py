from django.db import models


class Rate(models.Model):
    """A rate in basis points that applies from a delivery hour (fees: from a trade's time) on, until a later one."""

    class Kind(models.TextChoices):
        MAKER_FEE = "maker_fee"  # on the value of a trade, owed by the maker
        TAKER_FEE = "taker_fee"  # on the value of a trade, owed by the taker
        PENALTY = "penalty"  # on the principal of a shortfall, owed by the provider to the holder; as of the trade
        VAT = "vat"  # on value and buyer's fee

    kind = models.CharField(max_length=12, choices=Kind.choices)
    bps = models.IntegerField()
    from_hour = models.IntegerField(default=0)  # hours since 1970-01-01T00Z

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "from_hour"], name="rate_kind_from")]

    def __str__(self) -> str:
        return f"{self.kind} {self.bps} bps from {self.from_hour}"
