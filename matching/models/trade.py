from django.db import models
from django.db.models import Q

from matching.models.market import Market
from matching.models.order import Order
from matching.models.participant import Participant
from matching.models.site import Site


class Trade(models.Model):
    """The stored record of one execution: consecutive hours of one taker and one maker at one price and quantity.

    The engine's fills are an hour each; those of one command with the same maker, price and quantity in consecutive hours
    become one trade. `sequence` is the market's number of the command, `ordinal` the place of its first fill among that
    command's events. Never edited; a row leaves only with its month, for the archive.
    """

    # The indexes below begin with these keys, so that none needs one of its own. The matcher has read the rows that it names
    # in the batch that writes the trade; foreign keys would look up each of them again. `verify` plays every trade anew.
    market = models.ForeignKey(Market, models.PROTECT, related_name="trades", db_index=False, db_constraint=False)
    sequence = models.BigIntegerField()
    ordinal = models.IntegerField()
    bid = models.ForeignKey(Order, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    ask = models.ForeignKey(Order, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    taker_side = models.SmallIntegerField()
    buyer = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    seller = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    start = models.IntegerField()  # first delivery hour
    hours = models.IntegerField()
    quantity = models.IntegerField()  # accelerators in every hour
    price_fen = models.IntegerField()  # per accelerator-hour
    traded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["market", "-id"], name="trade_market_newest"),
            models.Index(fields=["buyer", "-id"], name="trade_buyer_newest"),
            models.Index(fields=["seller", "-id"], name="trade_seller_newest"),
            models.Index(fields=["market", "start"], name="trade_market_start"),
            models.Index(fields=["bid"], name="trade_bid"),
            models.Index(fields=["ask"], name="trade_ask"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["market", "sequence", "ordinal", "traded_at"], name="trade_market_sequence"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1) & Q(hours__gte=1) & Q(price_fen__gte=1), name="trade_size_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"Trade {self.pk}"

    @property
    def accelerator_hours(self) -> int:
        """Accelerators x hours."""
        return self.quantity * self.hours

    @property
    def value_fen(self) -> int:
        """Price x accelerator-hours, before fees and VAT."""
        return self.price_fen * self.accelerator_hours
