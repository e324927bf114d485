"""The exported books of the database at hand, checked by bean-check and hledger and held against the ledger's trial balance."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from billing.books import export_books
from billing.books.chart import read_chart
from tests.billing.trial_balances import beancounts, hledgers, ours


def faults_of_books(*, tell: Callable[[str], object]) -> Iterator[str]:
    """Export the books twice, let each tool check its own; yields what they say and every balance that is not ours."""
    expected = ours()
    with TemporaryDirectory() as folder:
        beans, journal = (written(Path(folder), kind) for kind in ("beancount", "hledger"))
        checked = subprocess.run(
            [Path(sys.executable).with_name("bean-check"), beans], capture_output=True, text=True, check=False
        )
        tell(f"bean-check ends with {checked.returncode}")
        yield from checked.stderr.splitlines()
        yield from differences("beancount", beancounts(beans.read_text(encoding="utf-8")), expected, tell)
        if which("hledger") is None:
            tell("hledger is not installed: its checks are left out")
            return
        yield from differences("hledger", hledgers(journal), expected, tell)  # `check --strict` first


def written(folder: Path, kind: str) -> Path:
    """Export the books as `export_books --format KIND` does."""
    path = folder / f"books.{kind}"
    with path.open("w", encoding="utf-8", newline="") as file:
        export_books(file, format=kind, chart=read_chart())
    return path


def differences(
    tool: str, theirs: Mapping[str, int], expected: Mapping[str, int], tell: Callable[[str], object]
) -> Iterator[str]:
    """Yield a sentence an account on whose balance a tool and the ledger do not agree."""
    debits_fen = sum(fen for fen in theirs.values() if fen > 0)
    tell(f"{tool}: a trial balance of {len(theirs)} accounts, {debits_fen / 100:,.2f} on either side")
    for account in sorted(expected.keys() | theirs.keys()):
        if (found := theirs.get(account, 0)) != (wanted := expected.get(account, 0)):
            yield f"{tool}: {account} is {found} fen, the ledger says {wanted}."
