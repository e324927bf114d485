from django.db import models
from django.db.models import F, Q

from billing.models.invoice import Invoice
from billing.models.transfer import Transfer
from matching.models import Participant


class InvoiceDue(models.Model):
    """What is still to be paid of an invoice whose buyer had terms of payment when it was issued.

    `open_fen` = `total_fen` - `paid_fen`; paid is the sum of its InvoicePayments, write-offs among them. Invoices of buyers
    who prepay have none. `level` is how far dunning has gone: 0 none, 1 reminder, 2 second, 3 final notice.
    """

    invoice = models.OneToOneField(Invoice, models.PROTECT, primary_key=True, related_name="due")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="invoices_due")
    terms_days = models.SmallIntegerField()  # as they were when it was issued
    due_on = models.DateField()  # Beijing; overdue from the day after
    total_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField(default=0)
    open_fen = models.GeneratedField(
        expression=F("total_fen") - F("paid_fen"), output_field=models.BigIntegerField(), db_persist=True
    )
    level = models.SmallIntegerField(default=0)
    held_reason = models.CharField(max_length=500, blank=True)  # why its dunning is on hold
    held_by = models.CharField(max_length=254, blank=True)
    held_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "invoice_id"]
        indexes = [models.Index(fields=["participant", "due_on"], name="invoice_due_open", condition=Q(open_fen__gt=0))]
        constraints = [
            models.CheckConstraint(
                condition=Q(paid_fen__gte=0) & Q(paid_fen__lte=F("total_fen")), name="invoice_due_paid_within_total"
            ),
            models.CheckConstraint(condition=Q(level__gte=0, level__lte=3), name="invoice_due_level"),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_reason="") | (Q(held_at__isnull=False) & ~Q(held_reason="")),
                name="invoice_due_held_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.open_fen} fen of invoice {self.invoice_id} due on {self.due_on}"


class InvoicePayment(models.Model):
    """A part of an invoice that money has paid, or that was given up; negative where money was taken back. Never changed."""

    class Kind(models.TextChoices):
        PREPAID = "prepaid"  # was there when the invoice was issued
        PAYMENT = "payment"  # came in since, by deposit or as a refund
        RETURNED = "returned"  # what had paid it was taken back
        WRITE_OFF = "write_off"

    due = models.ForeignKey(InvoiceDue, models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    amount_fen = models.BigIntegerField()
    transfer = models.ForeignKey(Transfer, models.PROTECT, null=True, related_name="+")  # that brought it, where known
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="returned", amount_fen__lt=0) | (~Q(kind="returned") & Q(amount_fen__gt=0)),
                name="invoice_payment_sign",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen} fen of invoice {self.due_id}"


class DunningNotice(models.Model):
    """One letter about an overdue invoice: a level is written once, and sent once (its Message-ID is its own)."""

    due = models.ForeignKey(InvoiceDue, models.PROTECT, related_name="notices")
    level = models.SmallIntegerField()
    open_fen = models.BigIntegerField()  # as the letter says
    language = models.CharField(max_length=8)
    written_at = models.DateTimeField()
    sent_to = models.CharField(max_length=2000, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["due", "level"], name="dunning_notice_once_a_level"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=3), name="dunning_notice_level"),
        ]

    def __str__(self) -> str:
        return f"level {self.level} of invoice {self.due_id}"


class WriteOff(models.Model):
    """An open rest that is given up: asked for by one person, agreed to by another, then posted as bad debt."""

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        REFUSED = "refused"

    due = models.ForeignKey(InvoiceDue, models.PROTECT, related_name="write_offs")
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=254, blank=True)
    decided_at = models.DateTimeField(null=True)
    transfer = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="write_off_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at__isnull=True)
                | (Q(decided_at__isnull=False) & ~Q(decided_by="") & ~Q(state="asked")),
                name="write_off_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | (~Q(decided_by=F("asked_by")) & Q(transfer__isnull=False)),
                name="write_off_approved_by_a_second_person",
            ),
            models.UniqueConstraint(fields=["due"], name="write_off_asked_once", condition=Q(state="asked")),
        ]

    def __str__(self) -> str:
        return f"write-off {self.pk}"
