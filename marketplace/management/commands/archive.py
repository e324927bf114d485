from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from marketplace.archive import archive_months
from matching.archive.folder import ArchiveDamaged
from matching.archive.keep import UnableToArchive
from matching.months import TablesBusy


class Command(BaseCommand):
    """Move old months of the log from the database into Parquet files."""

    help = (
        "Move whole old months of commands, trades and order events from the database into Parquet files, with a manifest "
        "and the books at the month's end. A month leaves once its hours are delivered, settled and invoiced, and what was "
        "written has been read back. verify, audit and replay read archive and database as one log."
    )
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare which months and where to."""
        parser.add_argument("--before", metavar="YYYY-MM", required=True, help="archive the months before this one")
        parser.add_argument("--to", metavar="FOLDER", type=Path, help="default: ARCHIVE_DIR")

    def handle(self, **options: Any) -> None:
        """Archive and say what left."""
        try:
            before = datetime.strptime(options["before"], "%Y-%m").replace(tzinfo=UTC)
        except ValueError:
            raise CommandError(f"{options['before']!r} is no month. Write it as in 2026-08.") from None
        root = (options["to"] or Path(settings.ARCHIVE_DIR)).resolve()
        try:
            months = archive_months(before=before, root=root, now=timezone.now(), tell=self.stderr.write)
        except (UnableToArchive, ArchiveDamaged, TablesBusy) as error:
            raise CommandError(str(error)) from error
        for month in months:
            self.stdout.write(
                f"{month}: {month.commands:,} commands, {month.trades:,} trades and {month.order_events:,} order events "
                f"are in {month.folder}"
            )
        if not months:
            self.stdout.write("There is nothing to archive.")
