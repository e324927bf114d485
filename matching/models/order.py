from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from matching.models.market import Market
from matching.models.participant import Participant
from matching.models.site import Site


class Order(models.Model):
    """A bid or an ask, and what has become of it.

    `open` has one entry an hour for an hourly order and one entry for a block, in accelerators. `filled_*` are sums over
    its trades. `sequence` is the market's number of the command that brought it in; `closed_sequence` of the one that ended it.
    `quantity` and `price_fen` are what its owner last asked for: a replace changes them, the NEW command keeps the first.

    `place` is where it stands in the queue, a number of its engine's; lower goes first. `places` has one an entry of `open`
    where its hours stand at different places, `shown` what shows of each where a part is hidden; else both are null.
    """

    class State(models.TextChoices):
        PENDING = "pending"  # in the inbox
        OPEN = "open"  # resting, or waiting as a block
        FILLED = "filled"
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        REJECTED = "rejected"

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="orders", db_index=False)
    market = models.ForeignKey(Market, models.PROTECT, related_name="orders", db_index=False)
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, related_name="asks", db_index=False
    )  # an ask's; null on a bid
    client_order_id = models.CharField(max_length=64, null=True)  # noqa: DJ001 unique where there is one
    side = models.SmallIntegerField(choices=[(s.value, s.name) for s in Side])
    kind = models.SmallIntegerField(choices=[(k.value, k.name) for k in Kind])
    start = models.IntegerField()  # first delivery hour
    hours = models.IntegerField()
    quantity = models.IntegerField()  # accelerators in every hour
    price_fen = models.IntegerField(null=True)  # per accelerator-hour; null: a market order
    protection_price_fen = models.IntegerField(null=True)  # a market order's worst price: its limit in the engine
    time_in_force = models.SmallIntegerField(choices=[(t.value, t.name) for t in TimeInForce], default=TimeInForce.GTC)
    expires_at = models.DateTimeField(null=True)  # GTD
    start_flexibility = models.SmallIntegerField(default=0)  # hours
    one_site = models.BooleanField(default=False)
    min_quantity = models.IntegerField(null=True)
    display_quantity = models.IntegerField(null=True)
    post_only = models.BooleanField(default=False)
    self_trade = models.SmallIntegerField(
        choices=[(m.value, m.name) for m in SelfTrade], default=SelfTrade.CANCEL_TAKER
    )
    alternative_count = models.SmallIntegerField(default=0)  # rows of Alternative that it has
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    why = models.CharField(max_length=20, blank=True)  # the engine's reason, where it is not in the state
    open = ArrayField(models.IntegerField())
    shown = ArrayField(models.IntegerField(), null=True)
    place = models.BigIntegerField(null=True)
    places = ArrayField(models.BigIntegerField(), null=True)
    filled_accelerator_hours = models.BigIntegerField(default=0)
    filled_value_fen = models.BigIntegerField(default=0)  # sum of price x accelerators x hours
    executed_start = models.IntegerField(null=True)  # a block's start once a part has executed
    # The one site of a bid that asks for one, once a part has executed.
    executed_site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="+", db_index=False)
    # Which of the alternatives that it has it was, once a part has executed: 0 is the order's own market, start and limit.
    executed_alternative = models.SmallIntegerField(null=True)
    sequence = models.BigIntegerField(null=True)
    closed_sequence = models.BigIntegerField(null=True)
    placed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["participant", "-id"], name="order_participant_newest"),
            models.Index(fields=["market"], name="order_market_open", condition=Q(state__in=["pending", "open"])),
            models.Index(  # for the cap on open blocks, and to cancel all
                fields=["participant", "market", "kind"],
                name="order_participant_open",
                condition=Q(state__in=["pending", "open"]),
            ),
            models.Index(
                fields=["expires_at"],
                name="order_expiring",
                condition=Q(state__in=["pending", "open"]) & Q(expires_at__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="order_alternatives_open",
                condition=Q(state__in=["pending", "open"]) & Q(alternative_count__gt=0),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "client_order_id"],
                name="order_client_order_id",
                condition=Q(client_order_id__isnull=False),
            ),
            models.CheckConstraint(condition=Q(side__in=[1, -1]), name="order_side"),
            models.CheckConstraint(condition=Q(quantity__gte=1) & Q(hours__gte=1), name="order_size_positive"),
            models.CheckConstraint(
                condition=Q(price_fen__isnull=True) | Q(price_fen__gte=1), name="order_price_positive"
            ),
            models.CheckConstraint(condition=Q(side=1) | Q(site__isnull=False), name="order_ask_names_site"),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it may still trade."""
        return self.state in (self.State.PENDING, self.State.OPEN)
