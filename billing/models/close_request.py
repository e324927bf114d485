from django.db import models
from django.db.models import F, Q

from billing.models.month_closing import MonthClosing


class CloseRequest(models.Model):
    """Finance asks for a month to be closed; an approver who is somebody else agrees, or it is taken back."""

    month = models.DateField()  # its first day
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=254, blank=True)
    closing = models.OneToOneField(MonthClosing, models.PROTECT, null=True, related_name="request")
    withdrawn_by = models.CharField(max_length=254, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["month"],
                name="close_request_open_once",
                condition=Q(closing__isnull=True, withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(agreed_by="", closing__isnull=True)
                | (~Q(agreed_by="") & ~Q(agreed_by=F("asked_by")) & Q(closing__isnull=False)),
                name="close_agreed_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"close {self.month:%Y-%m}"
