from django.db import models

from matching.models.market import Market


class Candle(models.Model):
    """What a market traded in one interval of trading time, whatever hours were bought: open, high, low, close, volume.

    Kept by the matcher in the transaction that writes the trades; an interval without trades has no row. Intervals count from
    midnight in Beijing, so that a day is the calendar's there. Open and close are the first and the last to happen.
    """

    class Minutes(models.IntegerChoices):
        FIVE = 5
        HOUR = 60
        DAY = 1440

    pk = models.CompositePrimaryKey("market_id", "minutes", "starts_at")
    market = models.ForeignKey(Market, models.PROTECT, related_name="candles", db_index=False)
    minutes = models.SmallIntegerField(choices=Minutes.choices)
    starts_at = models.DateTimeField()
    open_fen = models.IntegerField()
    high_fen = models.IntegerField()
    low_fen = models.IntegerField()
    close_fen = models.IntegerField()
    volume = models.BigIntegerField()  # accelerator-hours
    value_fen = models.BigIntegerField()  # sum of price x accelerator-hours; over volume: the VWAP
    trades = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.minutes} minutes from {self.starts_at:%Y-%m-%d %H:%M} of market {self.market_id}"

    @property
    def vwap_fen(self) -> int:
        """Volume-weighted average price, rounded half up."""
        return (2 * self.value_fen + self.volume) // (2 * self.volume)
