"""What the clock starts: each task reads it once and calls one verb."""

from __future__ import annotations

from pathlib import Path

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from billing.dunning.levels import write_notices
from billing.subscriptions.subscribing import prepare_due_mailings
from marketplace.archive import archive_months
from marketplace.dunning.letters import send_letters
from marketplace.offers.maintenance import list_again
from marketplace.offers.standing_offers import renew_standing_offers
from marketplace.report_mail import send_ready_mailings
from matching.archive.keep import UnableToArchive
from matching.months import TablesBusy, month_of, next_month

log = structlog.get_logger(__name__)


@shared_task(name="marketplace.archive_old_months", ignore_result=True)
def archive_old_months() -> None:
    """Archive the months that are older than ARCHIVE_AFTER_MONTHS; those that are not done wait for another day."""
    if not settings.ARCHIVE_AFTER_MONTHS:
        return
    now = timezone.now()
    before = next_month(month_of(now), -settings.ARCHIVE_AFTER_MONTHS)
    try:
        for month in archive_months(before=before, root=Path(settings.ARCHIVE_DIR), now=now):
            log.info("archived", month=str(month), commands=month.commands, trades=month.trades, folder=month.folder)
    except (UnableToArchive, TablesBusy) as error:
        log.warning("archive waits", reason=str(error))


@shared_task(name="marketplace.renew_standing_offers", ignore_result=True)
def renew() -> None:
    """Let standing offers list the hours that have come into their reach."""
    if made := renew_standing_offers(now=timezone.now()):
        log.info("standing offers renewed", offers=made)


@shared_task(name="marketplace.list_again", ignore_result=True)
def list_withdrawn_again() -> None:
    """List again what maintenance withdrew and lies outside of it."""
    if done := list_again(now=timezone.now()):
        log.info("listed again", asks=done)


@shared_task(name="marketplace.dun", ignore_result=True)
def dun() -> None:
    """Write the letters that overdue invoices are due for, and send what has not gone out."""
    now = timezone.now()
    written, sent = write_notices(now=now), send_letters(now=now)
    if written or sent:
        log.info("dunned", written=len(written), sent=sent)


@shared_task(name="marketplace.mail_reports", ignore_result=True)
def mail_reports() -> None:
    """Ask for the files of the mails that are due, and send those whose files are written."""
    now = timezone.now()
    prepare_due_mailings(now=now)
    send_ready_mailings(now=now)
