"""What the buyer saw before sending, sealed with the order: nothing else is sent, and a book that has moved is said first."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.trading import TicketPreview, preview_order
from marketplace.web.templatetags.numbers import money
from matching.models import Order
from matching.rules import OrderRequest

SALT = "ticket"
HOURS_KEPT = 24


class PreviewChanged(Exception):
    """The order that arrived is not the one that was previewed."""

    sentence = gettext_lazy(
        "The order that arrived is not the one that was previewed, so it was not sent. Preview it again."
    )

    def __str__(self) -> str:
        return str(self.sentence)


def seal_preview(request: OrderRequest, ticket: TicketPreview) -> str:
    """Return a signed text of the order's terms and of what it would do now."""
    preview = ticket.preview
    return signing.dumps([_terms(request), preview.accelerator_hours, preview.value_fen, preview.start], salt=SALT)


def what_moved(sealed: str, request: OrderRequest, *, now: datetime) -> str:
    """Say how the book has moved against the buyer since the preview; empty where it has not, and for an order sent already.

    Raises PreviewChanged where `request` is not the order that was sealed.
    """
    try:
        terms, filled, value_fen, _start = signing.loads(sealed, salt=SALT, max_age=HOURS_KEPT * 3600)
    except signing.BadSignature:
        raise PreviewChanged from None
    if terms != _terms(request):
        raise PreviewChanged
    mine = Order.objects.filter(participant_id=request.participant_id, client_order_id=request.client_order_id)
    if not filled or mine.exists():
        return ""
    found = preview_order(request=request, now=now).preview
    if found.accelerator_hours < filled:
        values = {"now": f"{found.accelerator_hours:,}", "then": f"{filled:,}"}
        return (
            _(
                "The book has moved: %(now)s of the %(then)s acc-h that you saw would fill now. Nothing was sent; look at the new preview."
            )
            % values
        )
    if found.accelerator_hours == filled and found.value_fen > value_fen:
        values = {"now": money(found.average_fen), "then": money((2 * value_fen + filled) // (2 * filled))}
        return (
            _(
                "The book has moved: the average is %(now)s now, not %(then)s. Nothing was sent; look at the new preview."
            )
            % values
        )
    return ""


def _terms(request: OrderRequest) -> str:
    """A digest of everything that the order says; who sends it and its id, which every preview gives anew, stand apart."""
    terms = asdict(replace(request, participant_id=0, client_order_id=None, expires_at=None))
    terms["expires"] = request.expires_at.timestamp() if request.expires_at else None
    return sha256(json.dumps(terms, sort_keys=True, default=str).encode()).hexdigest()[:32]
