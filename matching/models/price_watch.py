from django.db import models

from matching.models.market import Market


class PriceWatch(models.Model):
    """How far the circuit breaker has read a market's trades; moved in the transaction that halts what it found."""

    # No foreign keys in the database, as with ContractRuling.
    market = models.OneToOneField(Market, models.PROTECT, primary_key=True, related_name="+", db_constraint=False)
    sequence = models.BigIntegerField()

    def __str__(self) -> str:
        return f"Watch of market {self.market_id}"


class PricePoint(models.Model):
    """The first price of a contract in a minute of trading, for as long as the breaker's window can reach it."""

    pk = models.CompositePrimaryKey("market_id", "hour", "minute")
    market = models.ForeignKey(Market, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    hour = models.IntegerField()  # delivery hour
    minute = models.IntegerField()  # of trading, since 1970 UTC
    price_fen = models.IntegerField()

    def __str__(self) -> str:
        return f"Price of hour {self.hour} of market {self.market_id} in minute {self.minute}"
