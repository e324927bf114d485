from django.db import models

from matching.models import Market


class ClearingCursor(models.Model):
    """How far billing has read a market's trades and order events; moved in the transaction that acts on them."""

    market = models.OneToOneField(Market, models.PROTECT, primary_key=True, related_name="clearing_cursor")
    sequence = models.BigIntegerField(default=0)
    closed_until = models.IntegerField(default=0)  # the market's at that sequence: hours below it cannot trade any more

    def __str__(self) -> str:
        return f"market {self.market_id} at {self.sequence}"
