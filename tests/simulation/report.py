"""What a run says for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.simulation.campaign import Run

DIFFERENCES_SHOWN = 20


def line_of(run: Run) -> str:
    """Describe a run in one line."""
    faults = ", ".join(f"{count} {fault}" for fault, count in sorted(run.faults.items())) or "no fault"
    return f"seed {run.seed}: {run.steps} steps, {run.commands} commands, {run.trades} trades, {faults}, {run.seconds:.2f} s"


def failure_of(run: Run, *, lines: int) -> str:
    """Say what should not be, how it came to it, and how to see it again."""
    shown = run.differences[:DIFFERENCES_SHOWN]
    more = len(run.differences) - len(shown)
    return "\n".join(
        [
            line_of(run),
            *(f"  {difference}" for difference in shown),
            *([f"  and {more} more"] if more else []),
            f"The last of {len(run.trace)} steps, each before its statement:",
            *run.trace[-lines:],
            f"To see it again: python -m tests.simulation --seed {run.seed} --trace",
        ]
    )


def total_of(runs: Sequence[Run], seconds: float) -> str:
    """Sum runs up."""
    faults: Counter[str] = sum((run.faults for run in runs), Counter())
    failed = [run.seed for run in runs if run.differences]
    kinds = ", ".join(f"{count} {fault}" for fault, count in sorted(faults.items()))
    return (
        f"{len(runs) - len(failed)} of {len(runs)} seeds pass in {seconds:.0f} s: {sum(run.steps for run in runs)} steps, "
        f"{sum(run.commands for run in runs)} commands, {sum(run.trades for run in runs)} trades, "
        f"{faults.total()} faults ({kinds})" + (f"; failed: {failed}" if failed else "")
    )
