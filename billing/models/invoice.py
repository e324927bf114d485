from __future__ import annotations

from django.db import models
from django.db.models import Q

from matching.models import Participant


class Invoice(models.Model):
    """An issued document: an invoice, a statement, or a note that corrects one. Immutable; its parties and terms are copies.

    `number` is gapless within series and year (`SS-2025-B-000184`; SERIES in billing/documents/storing.py). A note's amounts are
    positive: a credit note takes them off the document that it corrects, a debit note adds them, and the document less its
    credit notes plus its debit notes is what the ledger says of the period.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"  # to a buyer: compute and fees, with VAT
        STATEMENT = "statement"  # to a provider: delivered compute less fees
        FEE = "fee"  # to a provider: the fee that its statement has taken off
        CREDIT = "credit"  # a credit note
        DEBIT = "debit"  # a debit note: what a later reading takes back of a credit note

    class Cause(models.TextChoices):
        """Why a note was made: the four causes that the tax platform knows (冲红原因)."""

        ERROR = "error"  # 开票有误
        RETURN = "return"  # 销货退回
        SUSPENDED = "suspended"  # 服务中止: not delivered
        ALLOWANCE = "allowance"  # 销售折让

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
    voucher_fen = models.BigIntegerField(default=0)  # of the total, paid by vouchers when it was issued
    vat_rate_bps = models.IntegerField()
    accelerator_hours = models.BigIntegerField()
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="notes")  # of a note: the original
    run = models.ForeignKey(  # of a note: the delta run that made it
        "billing.SettlementRun", models.PROTECT, null=True, related_name="notes", db_index=False
    )
    cause = models.CharField(max_length=9, choices=Cause.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    issued_by = models.CharField(max_length=254, blank=True)  # of a note that finance made
    check_code = models.CharField(max_length=64)  # sha256 of its canonical content, printed on it

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="invoice_series_sequence"),
            models.UniqueConstraint(
                fields=["kind", "participant", "start"],
                name="invoice_once_a_period",
                condition=Q(corrects__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["credit", "debit"], corrects__isnull=False, total_fen__gt=0) & ~Q(cause="")
                | Q(kind__in=["invoice", "statement", "fee"], corrects__isnull=True),
                name="invoice_note_corrects",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_note(self) -> bool:
        """Whether it corrects another document."""
        return self.corrects_id is not None

    @property
    def document_kind(self) -> Invoice.Kind:
        """The kind of the document that it is, or corrects."""
        return Invoice.Kind(self.kind if self.corrects is None else self.corrects.kind)

    @property
    def sign(self) -> int:
        """-1 for a credit note: what its amounts do to the document that it corrects."""
        return -1 if self.kind == Invoice.Kind.CREDIT else 1
