from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.models.market import Market
from matching.models.participant import Participant


class Finding(models.Model):
    """A pattern of a day's trading that somebody should look at, with the orders and trades that show it.

    One row a pattern, market, participants and Beijing day; `matching/surveillance/scan.py` keeps it up while the pattern goes on. A finding says what was
    seen, not that anybody did wrong.
    """

    class Pattern(models.TextChoices):
        WASH = "wash"  # two participants trade the same hours back and forth
        SPOOF = "spoof"  # orders that go as fast as they came, unfilled
        OFF_BAND = "off_band"  # trades far from the reference price

    class State(models.TextChoices):
        OPEN = "open"
        CLEARED = "cleared"  # looked at: nothing wrong
        ESCALATED = "escalated"  # looked at: to be followed up

    pattern = models.CharField(max_length=10, choices=Pattern.choices)
    market = models.ForeignKey(Market, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    # The other side of a wash-like pattern; else the participant itself, so that the key below holds.
    other = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()  # in Beijing
    count = models.IntegerField()  # orders (SPOOF) or trades
    accelerator_hours = models.BigIntegerField()
    # WASH: the smaller direction in percent of the larger; SPOOF: median seconds that they lived; OFF_BAND: furthest, in bps
    value = models.IntegerField()
    order_ids = ArrayField(models.BigIntegerField(), default=list)  # evidence, the first hundred
    trade_ids = ArrayField(models.BigIntegerField(), default=list)
    seen_at = models.DateTimeField()  # the scan that last saw it
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    note = models.CharField(max_length=500, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "pattern", "market", "participant", "other"], name="finding_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | Q(~Q(state="open"), decided_at__isnull=False),
                name="finding_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pattern} {self.day} {self.market_id}"
