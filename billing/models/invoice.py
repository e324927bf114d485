from django.db import models

from matching.models import Participant


class Invoice(models.Model):
    """An issued document: a buyer's invoice or a provider's statement. Immutable; its parties and terms are copies.

    `number` is gapless within series and year (`SS-2025-B-000184`: B buyers, P providers).
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"  # to a buyer: compute and fees, with VAT
        STATEMENT = "statement"  # to a provider: delivered compute less fees

    kind = models.CharField(max_length=10, choices=Kind.choices)
    series = models.CharField(max_length=4)
    year = models.IntegerField()
    sequence = models.IntegerField()  # within series and year, from 1
    number = models.CharField(max_length=24, unique=True)
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="invoices")
    start = models.IntegerField()  # invoice period, delivery hours [start, end)
    end = models.IntegerField()
    issued_at = models.DateTimeField()
    buyer = models.JSONField()  # name, name_zh, legal_name, tax_id, address, bank_account as they were
    seller = models.JSONField()
    net_fen = models.BigIntegerField()
    vat_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    vat_rate_bps = models.IntegerField()
    accelerator_hours = models.BigIntegerField()
    check_code = models.CharField(max_length=64)  # sha256 of its canonical content, printed on it

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="invoice_series_sequence"),
            models.UniqueConstraint(fields=["kind", "participant", "start"], name="invoice_once_a_period"),
        ]

    def __str__(self) -> str:
        return self.number
