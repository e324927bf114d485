from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.month_close import UnableToClose
from billing.months.closing import agree_to_close, ask_to_close, open_request
from billing.months.open_points import seal_of
from billing.months.span import Month
from marketplace.accounts.models import User


def month_of(text: str) -> Month:
    """Read `2025-11`; raises CommandError."""
    try:
        return Month(date.fromisoformat(f"{text}-01"))
    except ValueError as error:
        raise CommandError(f"{text} is no month. Write it as 2025-11.") from error


def staff_of(email: str, *, approves: bool) -> User:
    """Return finance's person of an e-mail who may do this; raises CommandError."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None or not (user.approves if approves else user.books):
        what = "approves" if approves else "books"
        raise CommandError(f"{email} is nobody of finance who {what}.")
    return user


class Command(BaseCommand):
    """Ask for a month to be closed, or agree to what somebody else has asked for."""

    help = (
        "Close a month of the ledger. The first call asks, a second one by an approver who is somebody else agrees. "
        "Names what is still to be done."
    )
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the month and the person."""
        parser.add_argument("month", type=month_of, help="such as 2025-11")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="whose doing it is")

    def handle(self, **options: Any) -> None:
        """Ask or agree, and say which."""
        month: Month = options["month"]
        now = timezone.now()
        asked = open_request(month)
        try:
            if asked is None:
                ask_to_close(month=month, by=staff_of(options["by"], approves=False).email, now=now)
                self.stdout.write(f"Asked for {month} to be closed. An approver who is somebody else has to agree.")
                return
            agree_to_close(month=month, by=staff_of(options["by"], approves=True).email, now=now)
        except UnableToClose as error:
            raise CommandError(str(error)) from error
        seal = seal_of(month)
        self.stdout.write(f"{month} is closed. Seal {seal.pk}: {seal.hash}" if seal else f"{month} is closed.")
