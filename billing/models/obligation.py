from django.db import models
from django.db.models import Q

from billing.models.transfer import Transfer
from matching.models import Trade


class Obligation(models.Model):
    """What a cleared trade still owes, and how far it is settled.

    Fee rates are copied when the trade is cleared. Fees are cumulative: what is posted so far is
    round_half_up(rate x `settled_value_fen`), so the pending rest is exact and never drifts.
    """

    trade = models.OneToOneField(Trade, models.PROTECT, primary_key=True, related_name="obligation")
    pending = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="+")  # null: fully settled
    buyer_fee_bps = models.IntegerField()
    seller_fee_bps = models.IntegerField()
    settled_until = models.IntegerField()  # delivery hours below this are settled; starts at the trade's start
    settled_value_fen = models.BigIntegerField(default=0)
    is_settled = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["settled_until"], name="obligation_unsettled", condition=Q(is_settled=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_settled=True, pending__isnull=True) | Q(is_settled=False, pending__isnull=False),
                name="obligation_pending_until_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"obligation of trade {self.trade_id}"
