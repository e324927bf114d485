"""Changing an order where it stands in the list: a form in its row that says what the change keeps, loses and holds."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from marketplace.errors import PERSON_ERRORS
from marketplace.trading import ReplacePreview, preview_replace, replace_orders
from marketplace.web.compute import my_orders
from marketplace.web.fields import YuanField
from marketplace.web.templatetags.numbers import yuan
from matching.engine.bounds import QUANTITY_MAX
from matching.models import Order
from matching.replace import CheckedReplace, NothingToChange, ReplaceRequest


class ChangeForm(forms.Form):
    """New terms; a field left as it stood asks for no change of it."""

    quantity = forms.IntegerField(label=gettext_lazy("Accelerators"), min_value=1, max_value=QUANTITY_MAX)
    price_fen = YuanField(label=gettext_lazy("Limit"))

    def replace_request(self, order: Order) -> ReplaceRequest:
        """What a valid form asks for."""
        asked = {name: self.cleaned_data[name] for name in self.changed_data}
        return ReplaceRequest(participant_id=order.participant_id, order_id=order.pk, **asked)


@dataclass(frozen=True, slots=True)
class Note:
    """What a change would do, in a line: `tone` is good, warn, bad or empty."""

    text: str
    tone: str = ""


def form_for(order: Order, data: object = None) -> ChangeForm:
    """The form with the terms as they stand: the quantity is the most that is open in any hour."""
    initial = {"quantity": max(order.open), "price_fen": order.price_fen}
    return ChangeForm(data, initial=initial, prefix=f"o{order.pk}")  # type: ignore[arg-type]


def note_of(form: ChangeForm, order: Order) -> Note:
    """Say what the change in a bound form would do if it were sent now."""
    if not form.is_valid():
        return Note(str(next(iter(form.errors.values()))[0]), "bad")
    preview = preview_replace(request=form.replace_request(order), now=timezone.now())
    if isinstance(preview.error, NothingToChange):
        return Note("")
    if preview.replace is None:
        return Note(str(preview.error), "bad")
    return Note(
        " ".join([_place(preview.replace), _money(preview)]).strip(), "good" if preview.replace.keeps_place else "warn"
    )


def _place(replace: CheckedReplace) -> str:
    if replace.keeps_place:
        return _("Keeps its place in the queue.")
    hours = len([open_ for open_ in replace.low if open_])
    behind = len(replace.raised)
    if replace.is_repriced or len(replace.low) == 1 or behind == hours:
        return _("Goes to the back of the queue.")
    values = {"behind": behind, "hours": hours}
    return (
        ngettext(
            "Goes to the back of the queue in %(behind)s hour of %(hours)s, and keeps its place in the others.",
            "Goes to the back of the queue in %(behind)s hours of %(hours)s, and keeps its place in the others.",
            behind,
        )
        % values
    )


def _money(preview: ReplacePreview) -> str:
    if preview.extra_fen:
        return _("¥%(held)s more is held.") % {"held": yuan(preview.extra_fen)}
    if preview.released_fen:
        return _("¥%(held)s is released.") % {"held": yuan(preview.released_fen)}
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def order_change(request: ActingRequest, order_id: int) -> HttpResponse:
    """The form in the order's row; asked with terms, what they would do; sent, the change."""
    order = get_object_or_404(my_orders.orders_of(request.participant.pk), pk=order_id)
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    if not my_orders.rows_of([order])[0].may_change:
        return _row(request, order) if is_part else redirect("order", order.pk)
    if request.method == "POST":
        form = form_for(order, request.POST)
        if form.is_valid():
            (verdict,) = replace_orders(requests=[form.replace_request(order)], now=timezone.now())
            if isinstance(verdict, CheckedReplace):
                if is_part:
                    return _row(request, my_orders.orders_of(request.participant.pk).get(pk=order.pk))
                messages.success(
                    request, _("The change of order %(id)s is on its way to the market.") % {"id": order.pk}
                )
                return redirect("orders")
            _show(form, verdict)
        return _form(request, order, form, Note(""), is_part=is_part)
    if request.GET:
        form = form_for(order, request.GET)
        return render(request, "compute/change.html#note", {"note": note_of(form, order), "order": order})
    return _form(request, order, form_for(order), Note(""), is_part=is_part)


@require_safe
@participant_required
def order_row(request: ActingRequest, order_id: int) -> HttpResponse:
    """One row of the list, as it stands."""
    return _row(request, get_object_or_404(my_orders.orders_of(request.participant.pk), pk=order_id))


def _show(form: ChangeForm, error: object) -> None:
    """Put a refusal beside the field at fault."""
    assert isinstance(error, PERSON_ERRORS)
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _form(request: ActingRequest, order: Order, form: ChangeForm, note: Note, *, is_part: bool) -> HttpResponse:
    context = {"order": order, "row": my_orders.rows_of([order])[0], "form": form, "note": note}
    if is_part:
        return render(request, "compute/change.html#row", context)
    return render(request, "compute/change.html", context, status=422 if form.errors else 200)


def _row(request: ActingRequest, order: Order) -> HttpResponse:
    """The order's row as it stands."""
    return render(request, "compute/order_row.html", {"row": my_orders.rows_of([order])[0]})
