from django.db import models
from django.db.models import F, Q

from billing.models.invoice import Invoice
from billing.models.settlement_run import SettlementRun
from matching.models import ComputeClass, Participant


class VoucherProgramme(models.Model):
    """A sponsor's budget that pays a share of the compute delivered to those who hold its vouchers (算力券).

    Delivery hours `[start, end)` are eligible, both at a Beijing midnight. `used_fen` is what all its vouchers have paid.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        ENDED = "ended"  # pays nothing new; corrections of what it has paid still come back to it

    name = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120, blank=True)
    sponsor = models.CharField(max_length=120)
    budget_fen = models.BigIntegerField()
    used_fen = models.BigIntegerField(default=0)
    received_fen = models.BigIntegerField(default=0)  # from its sponsor, for what it has paid
    cap_fen = models.BigIntegerField()  # the most for one participant
    start = models.IntegerField()
    end = models.IntegerField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    created_by = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    activated_by = models.CharField(max_length=254, blank=True)
    activated_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=254, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(used_fen__gte=0, used_fen__lte=F("budget_fen")), name="voucher_programme_within_budget"
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="voucher_programme_hours"),
            models.CheckConstraint(
                condition=~Q(state="active") | (~Q(activated_by="") & ~Q(activated_by=F("created_by"))),
                name="voucher_programme_activated_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def left_fen(self) -> int:
        """What it may still pay."""
        return self.budget_fen - self.used_fen


class VoucherRate(models.Model):
    """A compute class that a programme pays for, and the share of its value that it pays."""

    programme = models.ForeignKey(VoucherProgramme, models.PROTECT, related_name="rates")
    compute_class = models.ForeignKey(ComputeClass, models.PROTECT, related_name="+")
    share_bps = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "compute_class"], name="voucher_rate_class"),
            models.CheckConstraint(
                condition=Q(share_bps__gte=1, share_bps__lte=10_000), name="voucher_rate_within_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_bps} bps of {self.compute_class_id}"


class Voucher(models.Model):
    """A participant's part in a programme: up to `limit_fen`, of which `used_fen` has been paid."""

    programme = models.ForeignKey(VoucherProgramme, models.PROTECT, related_name="vouchers")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="vouchers")
    limit_fen = models.BigIntegerField()
    used_fen = models.BigIntegerField(default=0)
    issued_by = models.CharField(max_length=254)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "participant"], name="voucher_once"),
            models.CheckConstraint(
                condition=Q(used_fen__gte=0, used_fen__lte=F("limit_fen")), name="voucher_within_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"voucher {self.pk}"

    @property
    def unused_fen(self) -> int:
        """What is left of its limit."""
        return self.limit_fen - self.used_fen

    @property
    def left_fen(self) -> int:
        """What it may still pay, as far as the programme's budget goes."""
        return min(self.unused_fen, self.programme.left_fen)


class VoucherUse(models.Model):
    """What a settlement run let a voucher pay of a day's compute of one class, or a credit note took back. Immutable.

    Negative where it comes back. Cumulative a voucher, class and day: `amount_fen` so far is round_half_up(share x `base_fen` so far).
    """

    run = models.ForeignKey(SettlementRun, models.PROTECT, null=True, related_name="voucher_uses")
    note = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="voucher_uses")
    day = models.IntegerField()  # first delivery hour of the Beijing day
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="uses")
    compute_class = models.ForeignKey(ComputeClass, models.PROTECT, related_name="+")
    base_fen = models.BigIntegerField()  # value of delivered compute that it covers
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voucher", "run", "compute_class"], name="voucher_use_once_a_run"),
            models.CheckConstraint(
                condition=Q(run__isnull=False, note__isnull=True) | Q(run__isnull=True, note__isnull=False),
                name="voucher_use_has_its_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen} fen of voucher {self.voucher_id}"
