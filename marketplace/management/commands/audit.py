from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matching.archive.folder import ArchiveDamaged
from matching.audit import Audited, UnableToAudit, audit_group
from matching.engine.interface import Engine
from matching.engine.reference import ReferenceEngine
from matching.engines import make_engine
from matching.models import Market

ENGINES: dict[str, Callable[[], Engine]] = {"reference": ReferenceEngine, "kernel": make_engine}
SHOWN_MAX = 20


class Command(BaseCommand):
    """Play the log again and compare what it gives with every stored trade and order event."""

    help = (
        "Play the command log from a sequence on through the engine, archive and database as one log, and compare every trade and "
        "order event with what is stored. Starts from the nearest books in the archive before that sequence. Exit 0 when all "
        "agrees, 1 with the first differences as sentences."
    )
    requires_system_checks = ()  # `make check` runs them; they read every page and cost a process seconds

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to audit."""
        parser.add_argument(
            "--from", dest="first", metavar="SEQ", type=int, required=True, help="1 is the first command"
        )
        parser.add_argument("--to", dest="last", metavar="SEQ", type=int, help="default: the last played")
        parser.add_argument("--group", metavar="GROUP", help="default: every link group")
        parser.add_argument("--engine", choices=sorted(ENGINES), default="kernel")

    def handle(self, **options: Any) -> None:
        """Audit each group and report."""
        started, is_ok = time.perf_counter(), True
        groups = Market.objects.order_by("link_group").values_list("link_group", flat=True).distinct()
        for group in [options["group"]] if options["group"] else list(groups):
            audited = Audited()
            differences = audit_group(
                link_group=group,
                first=options["first"],
                last=options["last"],
                engine_factory=ENGINES[options["engine"]],
                audited=audited,
                tell=self.stderr.write,
            )
            try:
                found = list(islice(differences, SHOWN_MAX))
            except (UnableToAudit, ArchiveDamaged) as error:
                raise CommandError(str(error)) from error
            finally:
                differences.close()
            is_ok &= not found
            self.stdout.write(
                f"{group}: {audited.commands:,} commands, {audited.trades:,} fills, {audited.order_events:,} order events: "
                + (f"the first {len(found)} differences follow" if found else "all agree")
            )
            for sentence in found:
                self.stdout.write(f"  {sentence}")
        self.stdout.write(f"{time.perf_counter() - started:.1f} s")
        if not is_ok:
            sys.exit(1)
