from django.db import models
from django.db.models import Q

from billing.models.transfer import Transfer
from matching.models import Market, Order, Participant, Site, Trade


class Obligation(models.Model):
    """What billing keeps of a cleared trade: all that it is settled by, what it still owes, and how far it is settled.

    The trade's own row leaves the database with its month (`docs/archive.md`), so nothing in billing reads it after clearing;
    `verify` compares the two, and holds the reference that the database cannot. The copied fields never change. Fee rates are
    those in force when it traded. Fees are cumulative: what is posted so far is round_half_up(rate x `settled_value_fen`), so
    the pending rest is exact and never drifts.
    """

    trade = models.OneToOneField(
        Trade, models.DO_NOTHING, primary_key=True, related_name="obligation", db_constraint=False
    )
    # As the trade has them, whose own references the database checked.
    market = models.ForeignKey(Market, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    bid = models.ForeignKey(Order, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    buyer = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    seller = models.ForeignKey(Participant, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    start = models.IntegerField()  # first delivery hour
    hours = models.IntegerField()
    quantity = models.IntegerField()  # accelerators in every hour
    price_fen = models.IntegerField()  # per accelerator-hour
    traded_at = models.DateTimeField()

    # Clearing and settlement write the transfer that they name here themselves; null: fully settled.
    # No index: nothing looks for an obligation by it, and `verify` holds that it names the trade.
    pending = models.ForeignKey(
        Transfer, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    buyer_fee_bps = models.IntegerField()
    seller_fee_bps = models.IntegerField()
    settled_until = models.IntegerField()  # delivery hours below this are settled; starts at the trade's start
    settled_value_fen = models.BigIntegerField(default=0)
    is_settled = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["settled_until"], name="obligation_unsettled", condition=Q(is_settled=False)),
            models.Index(fields=["buyer", "start"], name="obligation_buyer"),
            models.Index(fields=["seller", "start"], name="obligation_seller"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_settled=True, pending__isnull=True) | Q(is_settled=False, pending__isnull=False),
                name="obligation_pending_until_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"obligation of trade {self.trade_id}"
