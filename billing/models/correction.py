from django.db import models
from django.db.models import F, Q

from billing.models.transfer import Transfer


class Correction(models.Model):
    """Finance asks for (a part of) a posted transfer to be taken back; an approver who is somebody else decides."""

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"  # and posted
        REFUSED = "refused"

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="correction_requests")
    amount_fen = models.BigIntegerField()  # taken back
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    posted = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="correction")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["transfer"], name="correction_asked_once", condition=Q(state="asked")),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="correction_takes_back"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True, posted__isnull=True)
                | (Q(state="approved", decided_at__isnull=False, posted__isnull=False) & ~Q(decided_by=F("asked_by")))
                | Q(state="refused", decided_at__isnull=False, posted__isnull=True),
                name="correction_decided_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"correction of transfer {self.transfer_id}"
