"""Invoices of twenty lines as PDF, from the database, in as many processes as the workers of a small exchange."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import perf_counter

from django.conf import settings
from django.db import connection

from billing.models import InvoiceLine
from marketplace.replay.database import database_address
from tests.bench.billing.figures import row
from tests.bench.billing.invoiced_week import MARKETS, invoice_a_week
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.exchange import Exchange

DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "1000"))
PROCESSES = 2
PDFS_A_SECOND_MIN = 40


def rows(exchange: Exchange) -> list[Row]:
    """Return the figure of one exchange."""
    ids = invoice_a_week(exchange=exchange, documents=DOCUMENTS)
    assert InvoiceLine.objects.filter(invoice_id=ids[0]).count() == MARKETS + 1
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    rate = len(ids) / seconds_to_print(exchange.database, ids)
    name = f"{len(ids):,} invoices of {MARKETS + 1} lines as PDF, {PROCESSES} processes"
    return [row(name, rate, "PDFs/s", "at least", PDFS_A_SECOND_MIN)]


def seconds_to_print(database: str, ids: list[int]) -> float:
    """Print the invoices in processes that have loaded their fonts; return the seconds until the last is done."""
    environment = {**os.environ, "DATABASE_URL": database_address(database), "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "tests.bench.billing.printer"]
    printers = [
        subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    for number, printer in enumerate(printers):
        tell(printer, json.dumps(ids[number::PROCESSES]))
    for printer in printers:
        assert hear(printer) == "ready"
    started = perf_counter()
    for printer in printers:
        tell(printer, "go")
    printed = sum(json.loads(hear(printer))["pdfs"] for printer in printers)
    seconds = perf_counter() - started
    assert printed == len(ids)
    for printer in printers:
        printer.communicate()
    return seconds


def tell(printer: subprocess.Popen[str], line: str) -> None:
    assert printer.stdin is not None
    printer.stdin.write(line + "\n")
    printer.stdin.flush()


def hear(printer: subprocess.Popen[str]) -> str:
    assert printer.stdout is not None
    return str(printer.stdout.readline()).strip()
