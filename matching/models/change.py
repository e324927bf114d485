from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from matching.models.participant import Participant


class Change(models.Model):
    """What one person changed: who, when, what, on which object, and how it stood before and after; never edited or deleted.

    Written by `matching.changes.record_change` in the transaction that changes the object. Only fields that differ are in
    `before` and `after`; what was made has no `before`, what was taken away no `after`.
    """

    at = models.DateTimeField()
    who = models.CharField(max_length=254)  # a person's e-mail, or an operator's login on the machine
    by_key = models.CharField(
        max_length=80, blank=True
    )  # the name of the API key that asked for it; empty: no program did
    what = models.CharField(max_length=60)  # `payout_batch.approve`: the kind of object, a dot, the verb
    object_kind = models.CharField(max_length=60)  # `billing.payoutbatch`
    object_id = models.CharField(max_length=60)
    object_name = models.CharField(max_length=200)  # as it was called then
    participant = models.ForeignKey(  # whom it concerns
        Participant, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    why = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ["-id"]
        indexes = [
            BrinIndex(fields=["at"], name="change_by_time"),
            models.Index(fields=["who", "-id"], name="change_by_who"),
            models.Index(fields=["object_kind", "object_id", "-id"], name="change_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.what} of {self.object_name} by {self.who}"
