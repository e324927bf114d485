from django.db import models


class ArchivedMonth(models.Model):
    """A month whose commands, trades and order events have left the database; written by the transaction that drops them.

    The manifest's hash is kept here, so that nobody can exchange the folder, and each manifest names the one before it.
    """

    month = models.DateField(primary_key=True)  # its first day, UTC
    manifest_sha256 = models.CharField(max_length=64)
    folder = models.CharField(
        max_length=500
    )  # where it was put; ARCHIVE_DIR is looked into where it is no longer there
    commands = models.BigIntegerField()
    trades = models.BigIntegerField()
    order_events = models.BigIntegerField()
    archived_at = models.DateTimeField()

    class Meta:
        ordering = ["month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
