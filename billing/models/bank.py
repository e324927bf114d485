from django.db import models
from django.db.models import Q

from billing.models.payout import Payout
from billing.models.transfer import Transfer


class BankStatement(models.Model):
    """One statement of the exchange's bank account as it was imported; balances in fen where the file gave them."""

    file_name = models.CharField(max_length=200)
    opening_fen = models.BigIntegerField(null=True)
    closing_fen = models.BigIntegerField(null=True)
    closing_on = models.DateField()  # the day of its last line
    imported_by = models.CharField(max_length=254)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-closing_on", "-id"]

    def __str__(self) -> str:
        return self.file_name


class BankLine(models.Model):
    """One movement of the bank account, by the bank's own number, and what finance booked it as."""

    class State(models.TextChoices):
        OPEN = "open"
        BOOKED = "booked"
        SET_ASIDE = "set_aside"  # none of our participants': bank charges, interest

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    reference = models.CharField(max_length=100, unique=True)  # the bank's number: a line is imported once
    booked_on = models.DateField()
    amount_fen = models.BigIntegerField()  # above 0: came in
    counterparty = models.CharField(max_length=200, blank=True)
    counterparty_account = models.CharField(max_length=120, blank=True)
    text = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="bank_line")
    payout = models.ForeignKey(Payout, models.PROTECT, null=True, related_name="bank_lines")
    note = models.CharField(max_length=300, blank=True)
    handled_by = models.CharField(max_length=254, blank=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["booked_on", "id"]
        indexes = [models.Index(fields=["booked_on", "id"], name="bank_line_open", condition=Q(state="open"))]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_fen=0), name="bank_line_moves"),
            models.CheckConstraint(
                condition=~Q(state="booked") | Q(transfer__isnull=False) | Q(payout__isnull=False),
                name="bank_line_booked_as_something",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
