"""A participant's orders as pages show them: what each is, how far it is filled, its state, and why it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.models import Hold, ReplaceHold
from marketplace.web.compute.order_outlook import outlooks
from marketplace.web.templatetags.hours import moment_words
from marketplace.web.templatetags.numbers import yuan
from matching.engine.dtypes import Do, Event, Kind, Side, TimeInForce, Why
from matching.models import Command, Order, OrderEvent, Trade

LIVE = (Order.State.PENDING, Order.State.OPEN)
SHOWS = {"live": LIVE, "filled": (Order.State.FILLED,), "all": tuple(Order.State)}
"""The segments above the list, and the states behind each."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word: `tone` is good, wait, bad or empty; `icon` a Tabler name."""

    text: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of an order list."""

    order: Order
    badge: Badge
    why: str  # a sentence: why it waits, or how it ended
    accelerator_hours: int  # of the whole order
    held_fen: int  # for what is open
    extra_held_fen: int  # for a change on its way

    @property
    def filled_percent(self) -> float:
        return round(100 * self.order.filled_accelerator_hours / self.accelerator_hours, 1)

    @property
    def size(self) -> str:
        """`32 × 24 h`."""
        return _("%(quantity)s × %(hours)s h") % {
            "quantity": f"{self.order.quantity:,}",
            "hours": f"{self.order.hours:,}",
        }

    @property
    def kind(self) -> str:
        """`One site`, `Any site`, `Hourly`."""
        if self.order.kind == Kind.HOURLY:
            return _("Hourly")
        return _("One site") if self.order.one_site else _("Any site")

    @property
    def time_in_force(self) -> str:
        """In words."""
        words = {
            TimeInForce.GTC: _("Until its gate closes"),
            TimeInForce.GTD: _("Until %(at)s") % {"at": moment_words(self.order.expires_at)},
            TimeInForce.IOC: _("What fills at once, then it ends"),
            TimeInForce.FOK: _("All at once, or nothing"),
        }
        return words[TimeInForce(self.order.time_in_force)]

    @property
    def hidden(self) -> int:
        """Accelerator-hours that are open and not shown."""
        return sum(self.order.open) - sum(self.order.shown or self.order.open)

    @property
    def may_change(self) -> bool:
        """Whether it has a limit and waits, so that its terms may be changed."""
        waits = self.order.time_in_force in (TimeInForce.GTC, TimeInForce.GTD)
        return self.order.is_live and waits and self.order.price_fen is not None

    @property
    def is_bid(self) -> bool:
        return self.order.side == Side.BID

    @property
    def average_fen(self) -> int | None:
        """Average price of what has filled, rounded to the fen."""
        filled = self.order.filled_accelerator_hours
        return (2 * self.order.filled_value_fen + filled) // (2 * filled) if filled else None


def orders_of(participant_id: int) -> QuerySet[Order]:
    """Newest first, with what a row shows."""
    orders = Order.objects.filter(participant_id=participant_id)
    return orders.select_related("market__compute_class", "market__hub", "site", "executed_site", "hold__pending")


def rows_of(orders: Sequence[Order]) -> list[OrderRow]:
    """The rows of a page of orders; two queries more, whatever their number."""
    sentences = outlooks(orders)
    changes = _changes(orders)
    return [
        OrderRow(
            order=order,
            badge=badge_of(order),
            why=_said_of(changes.get(order.pk)) or sentences.get(order.pk) or _ending(order),
            accelerator_hours=_size_of(order),
            held_fen=order.hold.pending.amount_fen if order.side == Side.BID and hasattr(order, "hold") else 0,
            extra_held_fen=changes[order.pk].held_fen if order.pk in changes else 0,
        )
        for order in orders
    ]


def _size_of(order: Order) -> int:
    """Accelerator-hours asked for; after a replace at least what has filled and what is open."""
    open_now = sum(order.open) * (order.hours if order.kind == Kind.BLOCK else 1)
    return max(order.quantity * order.hours, order.filled_accelerator_hours + open_now)


@dataclass(frozen=True, slots=True)
class _Change:
    """The last change of an order that its owner asked for."""

    is_on_its_way: bool
    why: int | None  # why the market refused it; NONE where it did it
    held_fen: int


def _changes(orders: Sequence[Order]) -> dict[int, _Change]:
    """What becomes of changes of the live ones among `orders`, by order id."""
    waiting = Command.objects.filter(order=OuterRef("pk"), do=Do.REPLACE, sequence=None)
    answer = OrderEvent.objects.filter(order=OuterRef("pk"), event__in=(Event.ACCEPTED, Event.REJECTED))
    extra = ReplaceHold.objects.filter(order=OuterRef("pk")).order_by().values("order")
    live = Order.objects.filter(pk__in=[order.pk for order in orders if order.is_live]).order_by()
    rows = live.values_list(
        "pk",
        Exists(waiting),
        Subquery(answer.order_by("-sequence").values("why")[:1]),
        Coalesce(Subquery(extra.annotate(fen=Sum("pending__amount_fen")).values("fen")), Value(0)),
    )
    return {order_id: _Change(*values) for order_id, *values in rows}


def _said_of(change: _Change | None) -> str:
    if change is None:
        return ""
    return _("A change is on its way to the market.") if change.is_on_its_way else refused_change(change.why)


def refused_change(why: int | None) -> str:
    """A sentence for a change that the market refused; empty for one that it did."""
    return str(REFUSED_CHANGES.get(Why(why), _("Your change was refused."))) if why else ""


def badge_of(order: Order) -> Badge:
    """The state as a badge; never colour alone."""
    state = order.state
    if state == Order.State.PENDING:
        return Badge(_("Accepted"), "", "clock")
    if state == Order.State.OPEN:
        if order.filled_accelerator_hours:
            return Badge(_("Partly filled"), "good", "circle-dashed")
        return Badge(_("Waiting"), "wait", "hourglass")
    if state == Order.State.FILLED:
        return Badge(_("Filled"), "good", "check")
    if state == Order.State.CANCELLED:
        return Badge(_("Cancelled"), "", "x")
    if state == Order.State.EXPIRED:
        return Badge(_("Expired at gate"), "", "lock")
    return Badge(_("Rejected"), "bad", "circle-x")


REFUSED_CHANGES = {
    Why.OVERTAKEN: gettext_lazy(
        "Your change was not done: the order traded meanwhile. Look again and change what is left."
    ),
    Why.POST_ONLY: gettext_lazy(
        "Your change was not done: it would have traded at once, and the order is to rest only."
    ),
    Why.HALTED: gettext_lazy("Your change was not done: trading is halted."),
}

REJECTIONS = {
    "closed": gettext_lazy("Its hours closed before it reached the market."),
    "halted": gettext_lazy("Trading was halted when it reached the market."),
    "post_only": gettext_lazy("It would have traded at once, and was to rest only."),
}


def _ending(order: Order) -> str:
    filled = order.filled_accelerator_hours
    if filled:
        average_fen = (2 * order.filled_value_fen + filled) // (2 * filled)
        return _("Average %(price)s") % {"price": yuan(average_fen)}
    if order.state == Order.State.REJECTED:
        return str(REJECTIONS.get(order.why, _("The market refused it.")))
    if order.state in (Order.State.EXPIRED, Order.State.CANCELLED):
        return _("Nothing filled")
    return ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What all live orders of one side amount to."""

    orders: int
    held_fen: int
    filled_accelerator_hours: int


def standing_of(participant_id: int, *, side: Side | None = None) -> Standing:
    """Count and holds of the live orders; what a cancel of all would end and release."""
    live = Order.objects.filter(participant_id=participant_id, state__in=LIVE)
    if side is not None:
        live = live.filter(side=side)
    counted = live.aggregate(orders=Count("id"), filled=Sum("filled_accelerator_hours"))
    held = Hold.objects.filter(order__in=live).aggregate(fen=Sum("pending__amount_fen"))
    changing = ReplaceHold.objects.filter(order__in=live).aggregate(fen=Sum("pending__amount_fen"))
    return Standing(counted["orders"], (held["fen"] or 0) + (changing["fen"] or 0), counted["filled"] or 0)


def release_sentence(standing: Standing) -> str:
    """What a cancel does, in one line."""
    parts = []
    if standing.held_fen:
        parts.append(_("¥%(held)s is released at once.") % {"held": yuan(standing.held_fen)})
    if standing.filled_accelerator_hours:
        parts.append(
            ngettext(
                "The %(count)s acc-h already filled stays.",
                "The %(count)s acc-h already filled stay.",
                standing.filled_accelerator_hours,
            )
            % {"count": f"{standing.filled_accelerator_hours:,}"}
        )
    return " ".join(parts) or _("Nothing of it has filled.")


def trades_of(participant_id: int, *, before: int | None, limit: int) -> list[Trade]:
    """The participant's newest trades with an id below `before`, bought and sold; two queries, each on its own index."""
    trades = Trade.objects.select_related("market__compute_class", "market__hub", "site")
    if before is not None:
        trades = trades.filter(id__lt=before)
    bought = trades.filter(buyer_id=participant_id).order_by("-id")[:limit]
    sold = trades.filter(seller_id=participant_id).order_by("-id")[:limit]
    return sorted({trade.pk: trade for trade in (*bought, *sold)}.values(), key=lambda t: -t.pk)[:limit]


def trades_of_order(order: Order, *, limit: int) -> list[Trade]:
    """What the order traded, earliest hour first."""
    trades = Trade.objects.filter(**{"bid" if order.side == Side.BID else "ask": order})
    return list(trades.select_related("site").order_by("start", "id").annotate(end=F("start") + F("hours"))[:limit])
