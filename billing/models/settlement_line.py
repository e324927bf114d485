from django.db import models

from billing.models.obligation import Obligation
from billing.models.settlement_run import SettlementRun


class SettlementLine(models.Model):
    """The delivered hours of one trade settled by one run: the atom of every report and invoice."""

    run = models.ForeignKey(SettlementRun, models.PROTECT, related_name="settlement_lines")
    trade = models.ForeignKey(Obligation, models.PROTECT, related_name="settlement_lines")  # what billing keeps of it
    start = models.IntegerField()  # first delivery hour settled here
    hours = models.IntegerField()
    accelerator_hours = models.BigIntegerField()
    value_fen = models.BigIntegerField()
    buyer_fee_fen = models.BigIntegerField()
    seller_fee_fen = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trade", "start"], name="settlement_line_once")]

    def __str__(self) -> str:
        return f"hours {self.start}+{self.hours} of trade {self.trade_id}"
