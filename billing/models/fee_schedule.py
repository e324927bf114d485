from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.models.version import Version
from matching.models import Participant


class FeeSchedule(Version):
    """A version of the fees in basis points by 30-day volume: the general ones, or a participant's own (an override).

    Tier i applies from a volume of `tier_volumes_fen[i]` on; the first is 0. A participant's version without tiers ends its
    override: the general schedule applies again. `from_hour` starts a Beijing day.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, null=True, related_name="fee_schedules")
    tier_volumes_fen = ArrayField(models.BigIntegerField(), default=list, blank=True)
    maker_fee_bps = ArrayField(models.IntegerField(), default=list, blank=True)
    taker_fee_bps = ArrayField(models.IntegerField(), default=list, blank=True)

    class Meta(Version.Meta):
        ordering = ["-from_hour", "-id"]
        constraints = [
            *Version.Meta.constraints,
            models.CheckConstraint(
                condition=Q(participant__isnull=False, tier_volumes_fen=[]) | Q(tier_volumes_fen__0=0),
                name="fee_schedule_first_tier_is_0",
            ),
        ]

    def __str__(self) -> str:
        return f"fees from hour {self.from_hour}"

    @property
    def what(self) -> str:
        """`fee_schedule`."""
        return "fee_schedule"

    @property
    def tiers(self) -> list[tuple[int, int, int]]:
        """From which volume (fen), maker and taker rate (bps); the smallest volume first."""
        return list(zip(self.tier_volumes_fen, self.maker_fee_bps, self.taker_fee_bps, strict=True))
