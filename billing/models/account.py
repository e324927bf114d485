from django.db import models
from django.db.models import F, Q

from matching.models import Participant


class Account(models.Model):
    """One account of the ledger with TigerBeetle's four balances, in fen.

    A participant has one account of each of its kinds, the exchange one of each of its own (participant null). The
    balances are sums over the account's transfers, kept in the transaction that writes them.
    """

    class Kind(models.TextChoices):
        FUNDS = "funds"  # a participant's prepaid money: what we owe it; credits - debits - pending debits is available
        OBLIGATIONS = "obligations"  # a buyer's holds and unsettled trades arrive here as pending credits
        PAYABLE = "payable"  # what we owe a provider for delivered hours
        RECEIVABLE = "receivable"  # what a participant owes us for deliveries corrected later, a debit balance
        CLEARING = "clearing"  # the exchange as central counterparty; 0 after every settlement
        DISPUTED = "disputed"  # contested deliveries: taken from buyers, not yet a provider's
        FEES = "fees"  # the exchange's revenue
        ALLOWANCES = "allowances"  # what credit notes gave buyers less what they took from providers, a debit balance
        VAT = "vat"  # VAT owed to the tax office
        SUBSIDY = "subsidy"  # what vouchers have paid and their sponsors owe us, a debit balance
        BANK = "bank"  # money at the bank, a debit balance
        BAD_DEBT = "bad_debt"  # what buyers owed and never paid, a debit balance
        PROCESSOR = "processor"  # money at a processor of payments on its way to the bank, a debit balance

    participant = models.ForeignKey(Participant, models.PROTECT, null=True, related_name="accounts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    debits_pending = models.BigIntegerField(default=0)
    debits_posted = models.BigIntegerField(default=0)
    credits_pending = models.BigIntegerField(default=0)
    credits_posted = models.BigIntegerField(default=0)
    # Of funds. A bid is refused beyond `credit_fen`, the limit in force. `overdraft_fen` is what the database admits: the same, or
    # what is used already where the limit was lowered below that; it follows the use down and never lets it grow.
    credit_fen = models.BigIntegerField(default=0, db_default=0)
    overdraft_fen = models.BigIntegerField(default=0, db_default=0)
    bids_stopped_at = models.DateTimeField(null=True)  # a final notice was sent: no new bids until it is paid

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "kind"], name="account_kind", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(debits_pending__gte=0)
                & Q(debits_posted__gte=0)
                & Q(credits_pending__gte=0)
                & Q(credits_posted__gte=0),
                name="account_balances_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["funds", "obligations", "payable"])
                | Q(debits_pending__lte=F("credits_posted") - F("debits_posted") + F("overdraft_fen")),
                name="account_debits_within_credits",
            ),
            models.CheckConstraint(
                condition=Q(credit_fen__gte=0, overdraft_fen__gte=F("credit_fen"))
                & (Q(kind="funds") | Q(overdraft_fen=0)),
                name="account_credit_of_funds",
            ),
            models.CheckConstraint(
                condition=~Q(kind="receivable") | Q(credits_posted__lte=F("debits_posted")),
                name="account_credits_within_debits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.participant_id or 'the exchange'}"

    @property
    def available_fen(self) -> int:
        """What may still be spent or held: posted credits less posted and pending debits, and the credit."""
        return self.credits_posted - self.debits_posted - self.debits_pending + self.credit_fen
