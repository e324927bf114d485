from django.db import models

from matching.models.market import Market


class EventNumber(models.Model):
    """The number of a market's last public event; no row before its first.

    Apart from the market's row, because it depends on how the inbox was cut into batches, and nothing else there does.
    """

    market = models.OneToOneField(Market, models.PROTECT, primary_key=True, related_name="event_number")
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.number} in market {self.market_id}"
