from django.db import models
from django.db.models import Q

from billing.models.report_file import ReportFile


class ReportSubscription(models.Model):
    """A report that a person gets by mail every day, week or month, at a time of the day in their zone."""

    class Every(models.TextChoices):
        DAY = "day"
        WEEK = "week"  # on Mondays
        MONTH = "month"  # on the first

    person = models.CharField(max_length=254)  # e-mail
    report = models.CharField(max_length=40)
    format = models.CharField(max_length=8)
    asked = models.JSONField()  # the limits but the days, which follow `every`
    every = models.CharField(max_length=5, choices=Every.choices)
    at_hour = models.SmallIntegerField()
    time_zone = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    next_at = models.DateTimeField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["next_at"], name="subscription_due", condition=Q(ended_at__isnull=True))]
        constraints = [
            models.CheckConstraint(condition=Q(at_hour__gte=0, at_hour__lte=23), name="subscription_hour_of_the_day")
        ]

    def __str__(self) -> str:
        return f"{self.report} every {self.every} to {self.person}"


class ReportMailing(models.Model):
    """One mail of a subscription, due once: the file is made first, then it is sent."""

    subscription = models.ForeignKey(ReportSubscription, models.PROTECT, related_name="mailings")
    due_at = models.DateTimeField()
    file = models.OneToOneField(ReportFile, models.PROTECT, related_name="mailing")
    sent_at = models.DateTimeField(null=True)
    dropped = models.CharField(max_length=120, blank=True)  # why it was not sent

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], name="mailing_to_send", condition=Q(sent_at__isnull=True, dropped=""))]
        constraints = [models.UniqueConstraint(fields=["subscription", "due_at"], name="mailing_once")]

    def __str__(self) -> str:
        return f"mailing of {self.due_at:%Y-%m-%d}"
