from django.db import models
from django.db.models import Q

from matching.models.market import Market


class Contract(models.Model):
    """What everybody may know of one contract: the top of its book, how much is shown in it, what has traded for its hour.

    Kept by the matcher in the transaction that writes the trades; one in which nothing rests and for which nothing has traded has no row.
    Hidden quantity of icebergs is not counted. Trades count in the order in which they happened, whatever their time.
    """

    pk = models.CompositePrimaryKey("market_id", "hour")
    # No foreign key in the database, as with BookLevel.
    market = models.ForeignKey(Market, models.PROTECT, related_name="contracts", db_index=False, db_constraint=False)
    hour = models.IntegerField()  # delivery hour
    best_bid_fen = models.IntegerField(null=True)
    best_bid_quantity = models.IntegerField(null=True)  # accelerators shown at the best price
    best_ask_fen = models.IntegerField(null=True)
    best_ask_quantity = models.IntegerField(null=True)
    bid_quantity = models.BigIntegerField(default=0)  # accelerators shown at any price
    ask_quantity = models.BigIntegerField(default=0)
    open_fen = models.IntegerField(null=True)  # the first trade's price
    high_fen = models.IntegerField(null=True)
    low_fen = models.IntegerField(null=True)
    last_price_fen = models.IntegerField(null=True)
    last_traded_at = models.DateTimeField(null=True)
    volume = models.BigIntegerField(default=0)  # accelerators traded
    value_fen = models.BigIntegerField(default=0)  # sum of price x accelerators; over volume: the VWAP
    trades = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(bid_quantity__gte=0) & Q(ask_quantity__gte=0), name="contract_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"Hour {self.hour} of market {self.market_id}"
