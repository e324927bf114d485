"""What each engine has been told besides orders, read off the whole command log again."""

from __future__ import annotations

from collections.abc import Iterator

from matching.command_log import read_rulings_log
from matching.engine.dtypes import ContractState
from matching.models import Market
from matching.rulings import Rulings, read_rulings, rulings_of


def find_ruling_differences() -> Iterator[str]:
    """Yield a sentence for each market whose band or states are not those that its commands give."""
    commands = read_rulings_log()
    due = rulings_of(commands.engine) if len(commands) else {}
    stored = read_rulings(Market.objects.order_by("id").values_list("id", flat=True))
    for market in Market.objects.order_by("id"):
        told, ruling = stored[market.pk], due.get(market.pk, Rulings())
        contracts = {h: s for h, s in ruling.contracts.items() if s != ContractState.OPEN and h >= market.closed_until}
        for name, value, value_due in (
            ("band", told.band, ruling.band or (None, None)),
            ("state", told.state, ruling.state or 0),
            ("contracts", told.contracts, contracts),
        ):
            if value != value_due:
                yield f"matching_market {market.pk}: {name} is {value}, its commands give {value_due}."
