from django.db import models
from django.db.models import Q

from matching.engine.dtypes import ContractState, Do
from matching.models.market import Market

STATES = [(s.value, s.name) for s in ContractState]


class Halt(models.Model):
    """Trading stopped in a market, or in some of its contracts, from its first step until it is open again; `matching/halts.py` rules it.

    `hour` and `hours` are null where the whole market is meant. What is planned is taken by the clock when its time comes.
    """

    class Cause(models.TextChoices):
        OPERATOR = "operator"
        BREAKER = "breaker"  # a price moved too far: matching/breaker.py

    # No foreign keys in the database, as with ContractRuling.
    market = models.ForeignKey(Market, models.PROTECT, related_name="halts", db_index=False, db_constraint=False)
    hour = models.IntegerField(null=True)  # first delivery hour
    hours = models.IntegerField(null=True)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    reason = models.CharField(max_length=500, blank=True)  # an operator's words, as its first step has them
    state = models.SmallIntegerField(choices=STATES)  # OPEN: it is over
    began_at = models.DateTimeField()
    collect_at = models.DateTimeField(null=True)  # planned
    resume_at = models.DateTimeField(null=True)  # planned
    ended_at = models.DateTimeField(null=True)
    price_before_fen = models.IntegerField(null=True)  # BREAKER: the contract's price at the start of the window
    price_fen = models.IntegerField(null=True)  # BREAKER: the price that was too far from it

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["market"], name="halt_active", condition=Q(state__gt=0)),
            models.Index(fields=["market", "-id"], name="halt_market_newest"),
            models.Index(fields=["market", "ended_at"], name="halt_market_ended"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(hour__isnull=True, hours__isnull=True) | Q(hour__isnull=False, hours__gte=1),
                name="halt_span",
            ),
            models.CheckConstraint(
                condition=Q(state=ContractState.OPEN.value, ended_at__isnull=False)
                | Q(state__gt=ContractState.OPEN.value, ended_at__isnull=True),
                name="halt_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"Halt {self.pk}"


class HaltStep(models.Model):
    """Who did what to a halt, when and why; never edited or deleted."""

    halt = models.ForeignKey(Halt, models.PROTECT, related_name="steps")
    do = models.SmallIntegerField(choices=[(d.value, d.name) for d in (Do.HALT, Do.COLLECT, Do.RESUME)])
    at = models.DateTimeField()
    by = models.CharField(max_length=254)  # a person's e-mail, an operator's login on the machine, or "clock"
    reason = models.CharField(max_length=500, blank=True)  # the clock gives none: the plan is the reason

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_do_display()} by {self.by}"
