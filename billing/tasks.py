"""What the clock starts: each task reads it once and calls one verb."""

from __future__ import annotations

from datetime import timedelta

import environ
import structlog
from celery import shared_task
from django.utils import timezone

from billing import clearing, invoicing, sealing, settlement
from billing.credit import due, limits
from billing.delivery.reliability import keep_reliability
from billing.exports import jobs
from billing.payments import stripe_checkout, top_ups
from matching.hours import hour_of

_env = environ.Env()

CUT_OFF = timedelta(minutes=_env.int("METER_CUT_OFF_MINUTES", default=15))
"""How long after an hour's end its readings may come before it settles; later ones need a delta run."""

GRACE = timedelta(hours=_env.int("INVOICE_GRACE_HOURS", default=24))
"""How long after a period's end its readings and disputes may come before its documents are issued."""

log = structlog.get_logger(__name__)


@shared_task(name="billing.clear", ignore_result=True)
def clear() -> None:
    """Turn what the matcher has done into money owed."""
    clearing.clear(now=timezone.now())


@shared_task(name="billing.settle", ignore_result=True)
def settle() -> None:
    """Settle the hours whose cut-off has passed, and post what later readings and disputes changed."""
    now = timezone.now()
    for run in settlement.settle_delivered(until_hour=hour_of(now - CUT_OFF), now=now):
        log.info(
            "settled", from_hour=run.from_hour, until_hour=run.until_hour, lines=run.lines, value_fen=run.value_fen
        )


@shared_task(name="billing.issue_invoices", ignore_result=True)
def issue_invoices() -> None:
    """Issue the documents of periods whose grace is over and that are settled."""
    now = timezone.now()
    for start in invoicing.periods_to_invoice(now=now - GRACE):
        try:
            issued = invoicing.issue_invoices(period_start=start, now=now)
        except invoicing.PeriodNotSettled as error:
            log.warning("invoices wait", period_start=start, reason=str(error))
            return
        log.info("issued", period_start=start, documents=len(issued))


@shared_task(name="billing.seal", ignore_result=True)
def seal() -> None:
    """Add what has been posted to the ledger's hash chain."""
    sealing.seal_transfers(now=timezone.now())


@shared_task(name="billing.apply_credit_limits", ignore_result=True)
def apply_credit_limits() -> None:
    """Give buyers the approved credit limits whose day has come, and let what has come in pay open invoices."""
    now = timezone.now()
    applied = limits.apply_limits(now=now)
    paid = due.pay_all(now=now)
    if applied or paid:
        log.info("credit", limits=applied, buyers_paid=paid)


@shared_task(name="billing.check_top_ups", ignore_result=True)
def check_top_ups() -> None:
    """Ask after payments of which nothing has been heard."""
    if stripe_checkout.is_offered():
        ended = top_ups.check_top_ups(method=stripe_checkout.stripe_checkout(), now=timezone.now())
        if ended:
            log.info("top-ups ended", count=ended)


@shared_task(name="billing.keep_reliability", ignore_result=True)
def reliability() -> None:
    """Work out how reliably each provider has delivered."""
    keep_reliability(now=timezone.now())


@shared_task(name="billing.write_report_files", ignore_result=True)
def write_report_files() -> None:
    """Write the files that people wait for, and drop those whose time is over."""
    now = timezone.now()
    jobs.write_waiting_files(now=now)
    jobs.drop_expired_files(now=now)
