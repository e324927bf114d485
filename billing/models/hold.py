from django.db import models

from billing.models.transfer import Transfer
from matching.models import Order


class Hold(models.Model):
    """The money set aside for an open bid: which pending transfer holds it now, and for how many accelerator-hours.

    `unit_fen` is the worst case of one accelerator-hour: limit, fee and VAT, each rounded up (billing/quote.py), so
    a hold is linear in what is open. The row is removed when nothing is left open.
    """

    # Written by the statement that writes the transfer, in the transaction that stores the order: nothing left to check.
    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="hold", db_constraint=False)
    pending = models.OneToOneField(Transfer, models.PROTECT, related_name="+", db_constraint=False)
    unit_fen = models.IntegerField()
    fee_bps = (
        models.IntegerField()
    )  # in `unit_fen`, and so the most that its trades are charged whatever rates are entered later
    accelerator_hours = models.BigIntegerField()

    def __str__(self) -> str:
        return f"hold of order {self.order_id}"
