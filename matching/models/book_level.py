from django.db import models
from django.db.models import Q

from matching.models.market import Market


class BookLevel(models.Model):
    """Open accelerators of the resting hourly orders at one price of one contract: the public book.

    Kept by the matcher in the transaction that writes the trades; a level without quantity has no row. Hidden quantity
    of icebergs is not counted. Blocks never rest in a book.
    """

    pk = models.CompositePrimaryKey("market_id", "hour", "side", "price_fen")
    # No foreign key in the database: checking one costs more than the row, and the matcher holds the market's own row.
    market = models.ForeignKey(Market, models.PROTECT, related_name="levels", db_index=False, db_constraint=False)
    hour = models.IntegerField()
    side = models.SmallIntegerField()
    price_fen = models.IntegerField()
    quantity = models.IntegerField()  # accelerators
    orders = models.IntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1) & Q(orders__gte=1), name="book_level_positive")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} at {self.price_fen} fen in hour {self.hour}"
