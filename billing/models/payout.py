from django.db import models
from django.db.models import F, Q

from billing.models.transfer import Transfer
from matching.models import Participant


class PayoutBatch(models.Model):
    """Payouts that leave together: one person prepares them, another approves, then the bank is told."""

    class State(models.TextChoices):
        DRAFT = "draft"  # money is reserved, nobody has approved
        APPROVED = "approved"  # may be sent to the bank
        SENT = "sent"  # the bank has the file
        DROPPED = "dropped"  # given up before approval; the money is free again

    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    minimum_fen = models.BigIntegerField()  # who was owed less was left for the next batch
    prepared_by = models.CharField(max_length=254)
    prepared_at = models.DateTimeField()
    approved_by = models.CharField(max_length=254, blank=True)
    approved_at = models.DateTimeField(null=True)
    sent_by = models.CharField(max_length=254, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "dropped"])
                | (Q(approved_at__isnull=False) & ~Q(approved_by="") & ~Q(approved_by=F("prepared_by"))),
                name="payout_batch_approved_by_a_second_person",
            )
        ]

    def __str__(self) -> str:
        return f"Payout batch {self.pk}"


class Payout(models.Model):
    """What one provider is paid in a batch, and what the bank made of it. The bank account is as it stood when prepared."""

    class State(models.TextChoices):
        RESERVED = "reserved"
        PAID = "paid"
        FAILED = "failed"  # the bank did not take it; the provider is owed it again
        RETURNED = "returned"  # paid, and sent back by the provider's bank; owed again
        DROPPED = "dropped"

    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payouts")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="payouts")
    amount_fen = models.BigIntegerField()
    payee = models.CharField(max_length=200)
    bank_account = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RESERVED)
    pending = models.OneToOneField(Transfer, models.PROTECT, related_name="payout")  # payable -> bank
    bank_reference = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # of a failure or return, as the bank gave it
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "participant"], name="payout_once_a_batch"),
            models.UniqueConstraint(
                fields=["bank_reference"], name="payout_bank_reference_once", condition=~Q(bank_reference="")
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="payout_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"Payout {self.pk}"
