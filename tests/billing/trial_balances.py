"""Trial balances in fen by account name: the ledger's own, and what beancount and hledger make of the exported books."""

from __future__ import annotations

import csv
import io
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from beancount import loader
from beancount.core.data import Transaction

from billing.books.chart import read_chart
from billing.models import Account


def ours() -> dict[str, int]:
    """The ledger's own trial balance, by the chart's names."""
    chart, sums = read_chart(), defaultdict[str, int](int)
    for account in Account.objects.select_related("participant"):
        slug = account.participant.slug if account.participant else None
        name = chart.account_name(kind=account.kind, participant_id=account.participant_id, slug=slug)
        sums[name] += account.debits_posted - account.credits_posted
    return not_zero(sums)


def not_zero(sums: Mapping[str, int]) -> dict[str, int]:
    return {name: fen for name, fen in sums.items() if fen}


def beancounts(text: str) -> dict[str, int]:
    """Beancount's trial balance; it has no complaint."""
    entries, errors, _options = loader.load_string(text)
    assert errors == []
    sums = defaultdict[str, Decimal](Decimal)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            assert posting.units is not None
            sums[posting.account] += posting.units.number or 0
    return not_zero({name: int(yuan * 100) for name, yuan in sums.items()})


def hledgers(path: Path) -> dict[str, int]:
    """hledger's trial balance; it has no complaint."""
    for command in (["check", "--strict"], ["check", "ordereddates"]):
        done = subprocess.run(["hledger", "-f", str(path), *command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    balance = ["hledger", "-f", str(path), "balance", "--flat", "--no-total", "-O", "csv"]
    rows = csv.DictReader(io.StringIO(subprocess.run(balance, capture_output=True, text=True, check=True).stdout))
    return not_zero({row["account"]: int(Decimal(row["balance"].removesuffix(" CNY")) * 100) for row in rows})
