"""What happened to an order, in the order in which it happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketplace.web.compute.my_orders import refused_change
from marketplace.web.templatetags.numbers import yuan
from matching.engine.dtypes import Do, Event, Why
from matching.halted import reason_of
from matching.models import Command, HaltStep, Order, OrderEvent, Trade

HALT_STEPS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story."""

    at: datetime | None
    text: str
    detail: str = ""


def story_of(order: Order, trades: Sequence[Trade]) -> list[Step]:
    """Placed, read, filled, reduced, ended; a fill is one line a command, however many trades it made."""
    steps = [Step(order.placed_at, _("Placed and accepted"), _held_by_market(order))]
    steps += _fills(trades)
    steps += _reductions(order)
    steps += _halts(order)
    steps += _changes(order)
    steps.sort(key=lambda step: step.at or order.placed_at)
    if order.closed_at is not None and order.state != Order.State.FILLED:
        steps.append(Step(order.closed_at, _ending(order)))
    return steps


HALT_STEPS = {
    Do.HALT: gettext_lazy("Trading was halted"),
    Do.COLLECT: gettext_lazy("Orders were collected for an auction"),
    Do.RESUME: gettext_lazy("Trading went on"),
}


def _halts(order: Order) -> list[Step]:
    """What was halted and reopened in the order's hours while it was live."""
    end = order.start + order.start_flexibility + order.hours
    touching = Q(halt__hour__isnull=True) | Q(halt__hour__lt=end, halt__hour__gt=order.start - F("halt__hours"))
    found = HaltStep.objects.filter(touching, halt__market_id=order.market_id, at__gte=order.placed_at)
    if order.closed_at is not None:
        found = found.filter(at__lte=order.closed_at)
    rows = found.select_related("halt").order_by("id")[:HALT_STEPS_SHOWN]
    return [
        Step(step.at, str(HALT_STEPS[Do(step.do)]), step.reason or (reason_of(step.halt) if step.do == Do.HALT else ""))
        for step in rows
    ]


def _ending(order: Order) -> str:
    if order.state == Order.State.CANCELLED:
        return _("Cancelled; what was open is released")
    if (
        order.state == Order.State.EXPIRED
        and order.expires_at
        and order.closed_at
        and order.expires_at <= order.closed_at
    ):
        return _("Its time came; what was open is released")
    if order.state == Order.State.EXPIRED:
        return _("Expired at the gate; what was open is released")
    return _("Rejected by the market; nothing is held")


def _held_by_market(order: Order) -> str:
    if order.sequence is None:
        return _("In line for the matcher")
    return _("Command %(sequence)s of %(market)s") % {
        "sequence": f"{order.sequence:,}",
        "market": order.market.symbol,
    }


def _changes(order: Order) -> list[Step]:
    """What its owner changed, and what of it the market refused."""
    answers = OrderEvent.objects.filter(order=order, event__in=(Event.ACCEPTED, Event.REJECTED))
    done = dict(answers.order_by("sequence").values_list("sequence", "why")[:50])
    asked = Command.objects.filter(order=order, do=Do.REPLACE).order_by("id")
    steps = []
    for command in asked[:50]:
        terms = []
        if command.quantity is not None:
            terms.append(_("%(quantity)s accelerators") % {"quantity": f"{command.quantity:,}"})
        if command.price_fen is not None:
            terms.append(_("limit %(limit)s") % {"limit": yuan(command.price_fen)})
        if command.sequence is None:
            text, detail = _("You asked for %(terms)s"), _("In line for the matcher")
        elif command.sequence not in done:
            text, detail = _("You asked for %(terms)s"), _("It was gone before the matcher read this.")
        elif done[command.sequence] != Why.NONE:
            text, detail = _("You asked for %(terms)s"), refused_change(done[command.sequence])
        else:
            text = _("Changed to %(terms)s")
            detail = _("Command %(sequence)s of %(market)s") % {
                "sequence": f"{command.sequence:,}",
                "market": order.market.symbol,
            }
        steps.append(Step(command.at, text % {"terms": ", ".join(terms)}, detail))
    return steps


def _fills(trades: Sequence[Trade]) -> list[Step]:
    by_command: dict[int, list[Trade]] = defaultdict(list)
    for trade in trades:
        by_command[trade.sequence].append(trade)
    steps = []
    for sequence, made in by_command.items():
        hours = sum(trade.accelerator_hours for trade in made)
        value_fen = sum(trade.value_fen for trade in made)
        text = _("Filled %(hours)s acc-h at %(price)s on average") % {
            "hours": f"{hours:,}",
            "price": yuan((2 * value_fen + hours) // (2 * hours)),
        }
        detail = ngettext("%(count)s trade, command %(sequence)s", "%(count)s trades, command %(sequence)s", len(made))
        values = {"count": len(made), "sequence": f"{sequence:,}"}
        steps.append(Step(made[0].traded_at, text, detail % values))
    return steps


def _reductions(order: Order) -> list[Step]:
    reduced = OrderEvent.objects.filter(order=order, event=Event.REDUCED)
    rows = list(
        reduced.values("sequence", "why")
        .annotate(hours=Count("id"), quantity=Sum("quantity"))
        .order_by("sequence")[:50]
    )
    sequences = [row["sequence"] for row in rows]
    times = dict(
        Command.objects.filter(market_id=order.market_id, sequence__in=sequences).values_list("sequence", "at")
    )
    steps = []
    for row in rows:
        values = {"count": row["hours"], "quantity": f"{row['quantity']:,}"}
        if row["why"] == Why.CANCELLED:
            text = _("%(quantity)s acc-h taken back by your change") % values
        elif row["why"] == Why.SELF_TRADE:
            text = _("%(quantity)s acc-h ended: they would have met your own order") % values
        elif (
            row["sequence"] == order.closed_sequence
            and order.expires_at
            and order.expires_at <= (order.closed_at or order.placed_at)
        ):
            text = _("Its time came with %(quantity)s acc-h open") % values
        else:
            text = (
                ngettext(
                    "%(count)s hour closed with %(quantity)s acc-h open",
                    "%(count)s hours closed with %(quantity)s acc-h open",
                    row["hours"],
                )
                % values
            )
        steps.append(Step(times.get(row["sequence"]), text))
    return steps
