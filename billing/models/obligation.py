from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Subquery
from django.db.models.functions import Coalesce

from billing.models.settlement_run import SettlementRun
from billing.models.transfer import Transfer
from matching.models import Market, Order, Participant, Site, Trade


class ObligationQuerySet(models.QuerySet["Obligation"]):
    """Obligations, with the ways to find them."""

    def unsettled(self) -> ObligationQuerySet:
        """Those with hours that no run has settled: they all end after the last run, which is what the index finds them by."""
        done = SettlementRun.objects.filter(state=SettlementRun.State.DONE).order_by("-until_hour").values("until_hour")
        ending = self.alias(end=F("start") + F("hours"))
        return ending.filter(end__gt=Coalesce(Subquery(done[:1]), 0), is_settled=False)


class Obligation(models.Model):
    """What billing keeps of a cleared trade: all that it is settled by, what it still owes, and how far it is settled.

    The trade's own row leaves the database with its month (`docs/archive.md`), so nothing in billing reads it after clearing;
    `verify` compares the two, and holds the reference that the database cannot. The copied fields never change. Fee rates are
    those in force when it traded. Fees are cumulative: what is posted so far is round_half_up(rate x `settled_value_fen`), so
    the pending rest is exact and never drifts.

    Settlement rewrites a row where it stands (a heap-only update): no index has a column that changes, and the table's fill factor
    of 50 leaves room in each page for the new versions of its rows.
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

    objects = ObligationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                F("start") + F("hours"), F("start"), name="obligation_delivery"
            ),  # what reaches into given hours
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
