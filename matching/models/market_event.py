from django.db import models

from matching.models.market import Market


class MarketEvent(models.Model):
    """One public event of a market, with a number that has no gaps: whoever has all up to N knows the books at N.

    Kept by the matcher in the transaction that writes the trades. Quantities are what stands after the event, never the change.
    A batch tells its trades and states in the order in which they happened, then each level and each top as the batch
    leaves it. The oldest are pruned: `matching/market_data/retention.py`.
    """

    class Event(models.IntegerChoices):
        LEVEL = 1  # hour, side, price: quantity shown now and its orders; both 0 where the level is gone
        TRADE = 2  # start as hour, hours, the taker's side, price, quantity, trade
        TOP = 3  # hour, side: best price and the quantity shown at it; null and 0 where the side is empty
        STATE = (
            4  # state of the contracts [hour, hour + hours); CLOSED: this hour and all before it; no hour: the market
        )
        AUCTION = 5  # hour: price and quantity of a call auction, whose trades follow

    pk = models.CompositePrimaryKey("market_id", "number")
    # No foreign key in the database, as with BookLevel.
    market = models.ForeignKey(Market, models.PROTECT, related_name="events", db_index=False, db_constraint=False)
    number = models.BigIntegerField()
    trade_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()  # of the command that it came from; LEVEL, TOP: of the batch's last
    hour = models.IntegerField(null=True)
    hours = models.IntegerField(null=True)
    price_fen = models.IntegerField(null=True)
    quantity = models.IntegerField(null=True)  # accelerators
    orders = models.IntegerField(null=True)
    event = models.SmallIntegerField(choices=Event.choices)
    side = models.SmallIntegerField(null=True)
    state = models.SmallIntegerField(null=True)  # engine dtypes.Why: OPEN, COLLECTING, HALTED, CLOSED

    def __str__(self) -> str:
        return f"Event {self.number} of market {self.market_id}"
