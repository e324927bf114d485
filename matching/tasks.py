"""What the clock starts: each task calls one verb."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from django.utils import timezone

from matching import months
from matching.market_data.retention import prune_events
from matching.surveillance.scan import scan_patterns

log = structlog.get_logger(__name__)


@shared_task(name="matching.prune_events", ignore_result=True)
def prune() -> None:
    """Delete public events that are older than anybody may resume from."""
    if pruned := prune_events():
        log.info("pruned", events=pruned)


@shared_task(name="matching.make_months", ignore_result=True)
def make_months() -> None:
    """Make the partitions of the months to come."""
    if made := months.make_months(now=timezone.now()):
        log.info("months made", partitions=made)


@shared_task(name="matching.scan_patterns", ignore_result=True)
def scan() -> None:
    """Look through today, and through yesterday while what was placed then may still be on its way."""
    now = timezone.now()
    for moment in (now - timedelta(hours=1), now):
        scan_patterns(now=moment)
