from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.engine.dtypes import Do
from matching.models.market import Market
from matching.models.order import Order
from matching.models.participant import Participant


class Command(models.Model):
    """One thing that a matcher is asked to do: the inbox while `sequence` is null, the log of the market's group after.

    A NEW carries its quantity and price, so that the log can be replayed after the order has been replaced; the other
    fields of an order never change. A market order's price here is its protection price. Kept by months of `at`: see
    `matching/months.py`, for trades and order events too.

    A REPLACE that may raise an hour says in `seen` what its owner reckoned with: the accelerators open in each hour that the
    order could use. Where an hour has fewer when the matcher reads it, it has traded since, and would be raised by more than
    was reserved; then nothing is done.
    """

    # No foreign keys: entry has read, or just written, the rows that it names.
    market = models.ForeignKey(Market, models.PROTECT, related_name="commands", db_index=False, db_constraint=False)
    do = models.SmallIntegerField(choices=[(d.value, d.name) for d in Do if d != Do.ALTERNATIVE])
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="commands", db_constraint=False)
    participant = models.ForeignKey(
        Participant, models.PROTECT, null=True, db_index=False, db_constraint=False
    )  # MASS_CANCEL
    hour = models.IntegerField(
        null=True
    )  # CLOSE: this hour and all before; HALT, COLLECT, RESUME: the first, null: the market
    hours = models.IntegerField(null=True)  # HALT, COLLECT, RESUME
    minute = models.IntegerField(null=True)  # TIME: since 1970 UTC; orders good till then, or till before, end
    quantity = models.IntegerField(null=True)  # NEW, REPLACE; BAND: its half width in fen
    price_fen = models.IntegerField(null=True)  # NEW, REPLACE; BAND: the reference price
    seen = ArrayField(models.IntegerField(), null=True)  # REPLACE with a quantity
    at = models.DateTimeField()  # when it was accepted; the time of the trades it makes
    sequence = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="command_inbox", condition=Q(sequence__isnull=True))]
        constraints = [models.UniqueConstraint(fields=["market", "sequence", "at"], name="command_market_sequence")]

    def __str__(self) -> str:
        return f"{self.get_do_display()} {self.pk}"
