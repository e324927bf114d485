from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.books import FORMATS, export_books
from billing.books.chart import ChartError, read_chart
from billing.books.journal import Detail
from marketplace.replay.database import UnableToUseDatabase, database


class Command(BaseCommand):
    """Write the ledger for accounting software."""

    help = (
        "Write the ledger as a journal for Beancount or hledger, or as CSV, to standard output or a file. It ends with "
        "the balance of every account, so `bean-check` and `hledger check` hold it against our ledger to the fen."
    )
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare format, days, chart and output."""
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE", help="first Beijing day")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DATE", help="last Beijing day")
        parser.add_argument(
            "--detail", choices=[str(each) for each in Detail], default=str(Detail.DAY),
            help="an entry a day and pair of accounts (default), or one a transfer",
        )  # fmt: skip
        parser.add_argument(
            "--chart", type=Path, metavar="FILE", help="chart of accounts; see billing/books/chart.toml"
        )
        parser.add_argument("--output", type=Path, metavar="FILE")
        parser.add_argument("--database", metavar="NAME", help="a database kept by `replay --database NAME`")

    def handle(self, **options: Any) -> None:
        """Read the chart, then write."""
        first, last, output, name = (options[key] for key in ("first", "last", "output", "database"))
        if first and last and first > last:
            raise CommandError(f"--from {first} is after --to {last}.")
        try:
            chart = read_chart(options["chart"])
            with (
                database(name) if name else nullcontext(),
                output.open("w", encoding="utf-8", newline="") if output else nullcontext(sys.stdout) as file,
            ):
                export_books(
                    file,
                    format=options["format"],
                    chart=chart,
                    detail=Detail(options["detail"]),
                    first=first,
                    last=last,
                )
        except (ChartError, UnableToUseDatabase, OSError) as error:
            raise CommandError(str(error)) from error
