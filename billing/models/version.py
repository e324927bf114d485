from django.db import models
from django.db.models import F, Q


class Version(models.Model):
    """Terms that apply from a delivery hour on, until a later version: proposed by one person, approved by another, never edited.

    Of two approved versions from the same hour the newer applies. What came with the exchange names nobody (`proposed_by` empty).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed"
        APPROVED = "approved"
        REJECTED = "rejected"

    from_hour = models.IntegerField(default=0)  # hours since 1970-01-01T00Z
    state = models.CharField(max_length=8, choices=State.choices, default=State.APPROVED)
    reason = models.CharField(max_length=500, blank=True)
    proposed_by = models.CharField(max_length=254, blank=True)
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(proposed_by="")
                | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="%(class)s_approved_by_another",
            ),
        ]

    @property
    def what(self) -> str:
        """Return what it is called in the audit trail."""
        raise NotImplementedError
