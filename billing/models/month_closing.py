from django.db import models
from django.db.models import F, Q


class MonthClosing(models.Model):
    """A month of the ledger (Beijing) closed to postings, and how it was opened again: one asks, another agrees."""

    month = models.DateField()  # its first day
    start_at = models.DateTimeField()  # transfers with start_at <= at < end_at are refused
    end_at = models.DateTimeField()
    closed_by = models.CharField(max_length=254)
    closed_at = models.DateTimeField()
    reopening_reason = models.CharField(max_length=500, blank=True)
    reopening_asked_by = models.CharField(max_length=254, blank=True)
    reopening_asked_at = models.DateTimeField(null=True)
    reopened_by = models.CharField(max_length=254, blank=True)
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-month", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["month"], name="month_closed_once", condition=Q(reopened_at__isnull=True)),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True)
                | (Q(reopening_asked_at__isnull=False) & ~Q(reopened_by="") & ~Q(reopened_by=F("reopening_asked_by"))),
                name="month_reopened_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def is_closed(self) -> bool:
        """Whether the month takes no posting."""
        return self.reopened_at is None
