from django.db import models
from django.db.models import Q


class ReportFile(models.Model):
    """A report that a worker writes as a file, since it is too large to wait for; `billing/exports/jobs.py` rules it.

    The file appears whole or not at all. Who asked for it and finance may have it until it expires.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"  # some worker has it, or had it and died: whoever gets its lock goes on
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"  # its asker did not want it any more

    report = models.CharField(max_length=40)  # a name of billing.reports.registry
    format = models.CharField(max_length=8)
    asked = models.JSONField()  # what stands in the report's address: billing.reports.asked
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    rows_expected = models.BigIntegerField()
    rows_written = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file = models.FileField(max_length=200, blank=True)  # in the default storage; empty once expired
    bytes = models.BigIntegerField(default=0)
    fault = models.CharField(max_length=500, blank=True)  # why it failed, for the asker

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], name="report_file_to_do", condition=Q(state__in=["waiting", "running"])),
            models.Index(fields=["expires_at"], name="report_file_expires", condition=~Q(file="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False, expires_at__isnull=False),
                name="report_file_done",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report}.{self.format}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.rows_written * 100 // self.rows_expected) if self.rows_expected else 0
