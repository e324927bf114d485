from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.models import MonthClosing
from billing.month_close import UnableToClose, ask_to_reopen, reopen_month
from billing.months.span import Month
from marketplace.management.commands.close_month import month_of, staff_of


class Command(BaseCommand):
    """Ask for a closed month to be opened again, or agree to what somebody else has asked for."""

    help = "Open a closed month again. With --reason it asks; without, an approver who is somebody else agrees."
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the month, the person and the reason."""
        parser.add_argument("month", type=month_of, help="such as 2025-11")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="whose doing it is")
        parser.add_argument("--reason", help="ask, for this reason")

    def handle(self, **options: Any) -> None:
        """Ask or agree, and say which."""
        month: Month = options["month"]
        now = timezone.now()
        try:
            if options["reason"] is not None:
                by = staff_of(options["by"], approves=False).email
                ask_to_reopen(month=month.first, by=by, reason=options["reason"], now=now)
                self.stdout.write(f"Asked for {month} to be opened. An approver who is somebody else has to agree.")
                return
            by = staff_of(options["by"], approves=True).email
            closing: MonthClosing = reopen_month(month=month.first, by=by, now=now)
        except UnableToClose as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{month} is open again, as {closing.reopening_asked_by} asked: {closing.reopening_reason}")
