from django.contrib.postgres.fields import ArrayField
from django.db import models


class LedgerSeal(models.Model):
    """A link of the ledger's hash chain: SHA-256 over the link before and the canonical text of the transfers after it.

    `ids` and `digests` (64 bits each) say which transfers it covers and name the one that was changed.
    """

    id = models.BigIntegerField(primary_key=True)  # 1, 2, 3, ...
    last_id = models.BigIntegerField()  # covers the transfers after the last seal's up to this one
    ids = ArrayField(models.BigIntegerField())
    digests = ArrayField(models.BigIntegerField())
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"seal {self.pk} up to transfer {self.last_id}"
