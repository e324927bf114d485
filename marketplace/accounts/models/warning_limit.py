from django.db import models
from django.db.models import Q

from marketplace.accounts.models.user import User


class WarningLimit(models.Model):
    """Beyond which orders this person wants to be asked twice; null: never for that reason."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="warning_limit")
    value_fen = models.BigIntegerField(null=True)  # of the order at its limit, before fee and VAT
    accelerator_hours = models.BigIntegerField(null=True)
    off_reference_percent = models.PositiveSmallIntegerField(null=True)  # of the market's reference price, either way

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(value_fen=None) | Q(value_fen__gt=0))
                & (Q(accelerator_hours=None) | Q(accelerator_hours__gt=0)),
                name="warning_limit_positive",
            )
        ]

    def __str__(self) -> str:
        return f"Warning limits of {self.user_id}"
