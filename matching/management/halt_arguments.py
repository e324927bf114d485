"""What the commands that rule trading have in common."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone

from matching.hours import hour_of
from matching.models import Market


def add_market_arguments(parser: ArgumentParser) -> None:
    """Let a command name markets, a reason, and who acts."""
    parser.add_argument("symbols", nargs="*", metavar="SYMBOL", help="A100-SXM4-80G.yangtze-delta")
    parser.add_argument("--all", action="store_true", help="every market")
    parser.add_argument("--reason", required=True, help="why; traders read it")
    parser.add_argument("--by", default=getpass.getuser(), help="who acts; by default your login")


def markets_named(symbols: list[str], *, every: bool) -> list[Market]:
    """Return the markets that a command names; raises CommandError."""
    if bool(symbols) == every:
        raise CommandError("Name markets, or say --all.")
    markets = list(Market.objects.order_by("id") if every else Market.objects.order_by("id").filter(symbol__in=symbols))
    if missing := set(symbols) - {market.symbol for market in markets}:
        raise CommandError(f"There is no market {', '.join(sorted(missing))}.")
    return markets


def hour_named(text: str) -> int:
    """Read a delivery hour: 2026-03-02T18, in the exchange's time zone unless it names another; raises CommandError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no hour. Write it as 2026-03-02T18 or 2026-03-02T18:00+08:00.") from None
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    return hour_of(moment)
