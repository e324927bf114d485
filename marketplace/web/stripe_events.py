"""Where Stripe tells what has become of payments."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.payments import stripe_checkout
from billing.payments.top_ups import take_in

log = structlog.get_logger(__name__)


@csrf_exempt  # the signature says who it is
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take in an event: 200 once it is committed, 400 where it is not Stripe's; after any other answer Stripe sends it again."""
    if not stripe_checkout.is_offered():
        return HttpResponse("This exchange takes no payments by Stripe.\n", status=404, content_type="text/plain")
    method = stripe_checkout.stripe_checkout()
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event_id, receipt = method.read_event(payload=request.body, signature=signature)
    except stripe_checkout.EventNotSigned as error:
        log.warning("refused an event", why=str(error))
        return HttpResponse("This event does not carry Stripe's signature.\n", status=400, content_type="text/plain")
    if receipt is not None:
        top_up = take_in(method=method.name, receipt=receipt, event_id=event_id, now=timezone.now())
        log.info("payment event", event_id=event_id, top_up=top_up and top_up.pk, state=top_up and top_up.state)
    return HttpResponse(status=200)
