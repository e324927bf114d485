from django.db import models

from matching.models.market import Market
from matching.models.order import Order


class OrderEvent(models.Model):
    """What happened to an order besides trades: an hour reduced, gone, rejected, replaced.

    With the trades, the market's whole event stream by (sequence, ordinal); billing frees holds by reading both. A cut by the
    owner is told as REDUCED with `why` CANCELLED, each open hour by itself; a block's hours are told as if it started at
    its first possible one. A replace that was done is told as ACCEPTED, one that was refused, and changed nothing, as REJECTED; its
    command has the quantity and price that were asked for. Cancels and replaces of what is gone already are not told.
    """

    # No foreign keys, as with Trade.
    market = models.ForeignKey(Market, models.PROTECT, related_name="order_events", db_index=False, db_constraint=False)
    sequence = models.BigIntegerField()
    ordinal = models.IntegerField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="events", db_constraint=False)
    event = models.SmallIntegerField()  # engine dtypes.Event: REDUCED, GONE, REJECTED, ACCEPTED
    why = models.SmallIntegerField()  # engine dtypes.Why
    hour = models.IntegerField(null=True)  # REDUCED
    quantity = models.IntegerField(null=True)  # REDUCED
    at = models.DateTimeField()  # when its command was accepted

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["market", "sequence", "ordinal", "at"], name="order_event_market_sequence")
        ]

    def __str__(self) -> str:
        return f"Event {self.sequence}.{self.ordinal} of order {self.order_id}"
