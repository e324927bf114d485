from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from billing.models.account import Account
from matching.models import Order, Participant


class Transfer(models.Model):
    """One ledger move between two accounts, as in TigerBeetle (docs/reference/transfer.md): never edited or deleted.

    A pending transfer reserves; one POST (of all or a part of its amount, the rest is freed) or one VOID (of all) ends it.
    """

    class Phase(models.TextChoices):
        POSTED = "posted"  # moves money at once
        PENDING = "pending"  # reserves it
        POST = "post"  # ends a pending one by moving `amount_fen` of it
        VOID = "void"  # ends a pending one by moving nothing; `amount_fen` is the pending amount

    class Code(models.TextChoices):
        TOP_UP = "top_up"  # bank or processor -> funds
        BID_HOLD = "bid_hold"  # funds -> obligations, pending: limit, fee and VAT of what is open of a bid
        TRADE = "trade"  # funds -> obligations, pending until delivered: value and buyer's fee of a trade
        TRADE_VAT = "trade_vat"  # funds -> obligations, pending: a buyer's VAT on its unsettled trades of a period
        SETTLEMENT = "settlement"  # obligations -> clearing -> payable and fees
        FEE = "fee"  # clearing -> fees
        VAT = "vat"  # obligations -> vat
        SHORTFALL = (
            "shortfall"  # receivable -> clearing: a provider pays for what it did not deliver; or back to payable
        )
        MAKE_GOOD = "make_good"  # clearing -> funds: a holder gets it, with fee and VAT; or back from receivable
        DISPUTE = "dispute"  # receivable -> disputed: contested deliveries; resolved: disputed -> payable
        OFFSET = "offset"  # payable or funds -> receivable: a debt is paid from what there is
        WRITE_OFF = "write_off"  # bad_debt -> funds: what a buyer owes is given up
        PAYOUT = "payout"  # payable -> bank
        CREDIT_NOTE = "credit_note"  # allowances, fees and vat -> funds; payable -> allowances; and what is taken back
        VOUCHER = "voucher"  # subsidy -> funds: a voucher pays its share of delivered compute; or back from receivable
        SPONSOR = "sponsor"  # bank -> subsidy: a voucher programme's sponsor pays

    # Checked by billing/ledger.py for all rows of a posting at once, which locks both accounts and reads the pending transfers:
    # foreign keys would look each up again, a row at a time. What else is named is read in the same transaction, and `verify`
    # looks for what is not there. What a correction names is checked by the trigger that checks corrections.
    debit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="debits", db_index=False, db_constraint=False
    )
    credit_account = models.ForeignKey(
        Account, models.PROTECT, related_name="credits", db_index=False, db_constraint=False
    )
    amount_fen = models.BigIntegerField()
    code = models.CharField(max_length=12, choices=Code.choices)
    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.POSTED)
    pending = models.ForeignKey(  # of a POST or VOID
        "self", models.PROTECT, null=True, related_name="resolutions", db_index=False, db_constraint=False
    )
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="corrections", db_index=False, db_constraint=False
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, related_name="transfers", db_index=False, db_constraint=False
    )
    trade = models.ForeignKey(
        "billing.Obligation", models.PROTECT, null=True, related_name="transfers", db_index=False, db_constraint=False
    )
    participant = models.ForeignKey(  # whom it concerns
        Participant, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(
        "billing.SettlementRun",
        models.PROTECT,
        null=True,
        related_name="transfers",
        db_index=False,
        db_constraint=False,
    )
    key = models.CharField(max_length=120, null=True)  # noqa: DJ001  idempotency: the same key is never moved twice
    payload_hash = models.BinaryField(
        max_length=32, null=True
    )  # of what a keyed transfer moves: billing_transfer_payload
    at = models.DateTimeField()
    seal = models.BigIntegerField()  # billing_transfer_seal of its fields, set when inserted; verify finds edits by it

    class Meta:
        indexes = [
            models.Index(fields=["debit_account", "at"], name="transfer_debits_by_time"),
            models.Index(fields=["credit_account", "at"], name="transfer_credits_by_time"),
            BrinIndex(fields=["at"], name="transfer_by_time"),
            models.Index(fields=["run"], name="transfer_run", condition=Q(run__isnull=False)),
            models.Index(fields=["corrects"], name="transfer_corrections", condition=Q(corrects__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pending"], name="transfer_pending_once", condition=Q(pending__isnull=False)
            ),
            models.UniqueConstraint(fields=["key"], name="transfer_key_once", condition=Q(key__isnull=False)),
            models.CheckConstraint(
                condition=Q(key__isnull=True, payload_hash__isnull=True)
                | Q(key__isnull=False, payload_hash__isnull=False),
                name="transfer_key_has_payload_hash",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="transfer_amount_not_negative"),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")), name="transfer_between_two_accounts"
            ),
            models.CheckConstraint(
                condition=Q(phase__in=["post", "void"], pending__isnull=False)
                | Q(phase__in=["posted", "pending"], pending__isnull=True),
                name="transfer_resolution_names_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.phase} {self.amount_fen} fen"
