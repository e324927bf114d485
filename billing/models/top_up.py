from django.db import models
from django.db.models import Q

from billing.models.transfer import Transfer
from matching.models import Participant


class TopUp(models.Model):
    """One payment into a participant's funds by way of a provider of payments, from the first click to the ledger."""

    class State(models.TextChoices):
        OPEN = "open"  # on the provider's page, or on the way there
        WAITING = "waiting"  # paid by the participant, not yet by its bank
        PAID = "paid"
        FAILED = "failed"
        EXPIRED = "expired"
        MISMATCH = "mismatch"  # another amount or currency arrived: nothing is booked until finance has looked

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="top_ups", db_index=False)
    method = models.CharField(max_length=20)
    key = models.CharField(max_length=64)  # the participant's own: the same again is the same top-up
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    reference = models.CharField(max_length=120, null=True)  # noqa: DJ001  the provider's number, once it has given one
    page_url = models.TextField(blank=True)
    note = models.CharField(max_length=200, blank=True)
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="top_up")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "key"], name="top_up_key"),
            models.UniqueConstraint(
                fields=["method", "reference"], name="top_up_reference", condition=Q(reference__isnull=False)
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=1), name="top_up_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="paid", transfer__isnull=False) | ~Q(state="paid") & Q(transfer__isnull=True),
                name="top_up_paid_is_booked",
            ),
        ]
        indexes = [models.Index(fields=["started_at"], name="top_up_open", condition=Q(state__in=["open", "waiting"]))]

    def __str__(self) -> str:
        return f"Top-up {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the money may still come."""
        return self.state in (self.State.OPEN, self.State.WAITING)
