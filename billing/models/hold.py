from django.db import models

from billing.models.transfer import Transfer
from matching.models import Order


class Hold(models.Model):
    """The money set aside for an open bid: which pending transfer holds it now, and for how many accelerator-hours.

    `unit_fen` is the worst case of one accelerator-hour: limit, fee and VAT, each rounded up (billing/quote.py), so
    a hold is linear in what is open. The row is removed when nothing is left open.
    """

    order = models.OneToOneField(Order, models.PROTECT, primary_key=True, related_name="hold")
    pending = models.OneToOneField(Transfer, models.PROTECT, related_name="+")
    unit_fen = models.IntegerField()
    accelerator_hours = models.BigIntegerField()

    def __str__(self) -> str:
        return f"hold of order {self.order_id}"
