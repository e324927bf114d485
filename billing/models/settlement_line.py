from django.db import models

from billing.models.obligation import Obligation
from billing.models.settlement_run import SettlementRun


class SettlementLine(models.Model):
    """The delivered hours of one trade settled by one run: the atom of every report and invoice."""

    # Settlement has both rows at hand when it writes a line; foreign keys would look each up again, and no obligation or run is
    # ever deleted. The unique constraint's index finds a trade's lines.
    run = models.ForeignKey(SettlementRun, models.PROTECT, related_name="settlement_lines", db_constraint=False)
    trade = models.ForeignKey(  # what billing keeps of it
        Obligation, models.PROTECT, related_name="settlement_lines", db_index=False, db_constraint=False
    )
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
