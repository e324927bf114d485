from django.db import models

from billing.models.invoice import Invoice
from matching.models import Market


class InvoiceLine(models.Model):
    """One line of an invoice: compute of one market, or the exchange's fee (market null). Immutable.

    A note's lines have the kind of what they correct; an allowance is what finance credits, by market or (null) of the fee.
    """

    class Kind(models.TextChoices):
        COMPUTE = "compute"
        FEE = "fee"
        SHORTFALL = "shortfall"  # on a statement: charged for what was not delivered, with penalty
        ALLOWANCE = "allowance"  # on a note: credited by finance, whatever was delivered

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    position = models.SmallIntegerField()
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.COMPUTE)
    market = models.ForeignKey(Market, models.PROTECT, null=True, related_name="+")
    item = models.CharField(max_length=120)  # as printed, both languages, copied
    item_zh = models.CharField(max_length=120)
    specification = models.CharField(max_length=80, blank=True)  # compute class
    specification_zh = models.CharField(max_length=80, blank=True)  # hub
    quantity = models.BigIntegerField()  # accelerator-hours of compute; else 1
    amount_fen = models.BigIntegerField()  # before VAT; negative on a statement's fee line
    vat_fen = models.BigIntegerField()  # largest remainder share of the invoice's VAT

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position")]

    def __str__(self) -> str:
        return f"line {self.position} of invoice {self.invoice_id}"

    @property
    def is_compute(self) -> bool:
        """Whether its quantity counts accelerator-hours."""
        return self.kind == InvoiceLine.Kind.COMPUTE
