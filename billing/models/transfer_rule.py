from django.db import models


class TransferRule(models.Model):
    """Between which kinds of accounts transfers of a code move money; the database refuses every other pair."""

    code = models.CharField(max_length=16)
    debit_kind = models.CharField(max_length=12)
    credit_kind = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "debit_kind", "credit_kind"], name="transfer_rule_pair")]

    def __str__(self) -> str:
        return f"{self.code}: {self.debit_kind} to {self.credit_kind}"
