from django.db import models
from django.db.models import F, Q

from matching.engine.dtypes import ContractState
from matching.models.compute_class import ComputeClass
from matching.models.hub import Hub

LINK_GROUP_DEFAULT = "all"


class Market(models.Model):
    """Compute class x hub, symbol `A100-SXM4-80G.yangtze-delta`: its trading rules and its place in its group's log."""

    id = models.AutoField(primary_key=True)  # 32 bits: the engine's market field
    symbol = models.CharField(max_length=90, unique=True)
    compute_class = models.ForeignKey(ComputeClass, models.PROTECT, related_name="markets")
    hub = models.ForeignKey(Hub, models.PROTECT, related_name="markets")
    lot = models.PositiveIntegerField(default=1)  # accelerators; quantities are whole lots
    tick_fen = models.PositiveIntegerField(default=1)  # prices are whole ticks
    lead_hours = models.PositiveSmallIntegerField(default=0)  # gate closure: the hour's start less this
    horizon_hours = models.PositiveIntegerField(default=24 * 60)  # how far ahead an order may reach
    open_blocks_max = models.PositiveIntegerField(default=1000)  # open blocks per participant
    reference_price_fen = models.PositiveIntegerField(null=True)
    # A market bid pays at most the reference price plus this share of it, and nothing trades further away than this.
    protection_band_bps = models.PositiveIntegerField(default=10_000)
    # A contract whose price moves by more than this within the minutes is halted; null: never. See matching/breaker.py.
    breaker_bps = models.PositiveIntegerField(null=True, default=5_000)
    breaker_minutes = models.PositiveSmallIntegerField(default=5)
    breaker_halt_minutes = models.PositiveSmallIntegerField(default=5)
    breaker_collect_minutes = models.PositiveSmallIntegerField(default=5)
    # Markets with the same word share a lease, a log and its sequences; only `link_markets` changes it.
    link_group = models.SlugField(max_length=40, default=LINK_GROUP_DEFAULT, db_index=False)
    sequence = models.BigIntegerField(default=0)  # the last one of its group's that a command of this market was given
    # As the engine has been told:
    closed_until = models.IntegerField(default=0)  # delivery hours below this are closed
    band_reference_fen = models.IntegerField(null=True)
    band_fen = models.IntegerField(null=True)  # nothing trades further than this from the reference; null: no band
    state = models.SmallIntegerField(  # of the market; a contract may be stricter: ContractRuling
        choices=[(s.value, s.name) for s in ContractState], default=ContractState.OPEN.value
    )
    # The highest place in a queue that its engine had given by then, so that one loaded anew gives the very same numbers.
    places_given = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["compute_class__position", "hub__position"]
        constraints = [
            models.UniqueConstraint(fields=["compute_class", "hub"], name="market_class_hub"),
            models.CheckConstraint(condition=Q(lot__gte=1) & Q(tick_fen__gte=1), name="market_lot_tick_positive"),
            models.CheckConstraint(condition=Q(sequence__gte=0), name="market_sequence_positive"),
            models.CheckConstraint(condition=Q(horizon_hours__gt=F("lead_hours")), name="market_horizon_after_lead"),
        ]

    def __str__(self) -> str:
        return self.symbol
