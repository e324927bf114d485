from django.db import models
from django.db.models import F, Q

from matching.models import Participant


class CreditLimit(models.Model):
    """What an invoiced buyer may owe from a day on, and its terms of payment; asked for by one person, approved by another.

    A version each: the approved one with the latest day that has come, of several of a day the newest, is in force. A limit
    of 0 ends the credit. `applied_at` is when the buyer's account got it.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        REFUSED = "refused"

    class Language(models.TextChoices):
        ZH_HANS = "zh-hans"
        EN = "en"

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="credit_limits")
    limit_fen = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="CNY")
    terms_days = models.SmallIntegerField()  # from an invoice's issue to its due date
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ZH_HANS)  # of its reminders
    from_day = models.DateField()  # Beijing
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(limit_fen__gte=0), name="credit_limit_not_negative"),
            models.CheckConstraint(condition=Q(terms_days__gte=0, terms_days__lte=365), name="credit_limit_terms"),
            models.CheckConstraint(condition=Q(currency="CNY"), name="credit_limit_in_yuan"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True)
                | (Q(decided_at__isnull=False) & ~Q(decided_by="") & ~Q(state="asked")),
                name="credit_limit_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("asked_by")),
                name="credit_limit_approved_by_a_second_person",
            ),
            models.UniqueConstraint(fields=["participant"], name="credit_limit_asked_once", condition=Q(state="asked")),
        ]

    def __str__(self) -> str:
        return f"credit limit {self.pk} of {self.participant_id}"
