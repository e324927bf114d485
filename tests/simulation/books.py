"""What every buyer's money must be, by plain arithmetic from deposits, trades and open bids; none of billing's SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from billing.funds import available_fen
from billing.models import Transfer
from matching.engine.dtypes import Kind, Side
from matching.models import Order, Trade

TAKER_BPS, MAKER_BPS, VAT_BPS = 60, 20, 600


def find_money_differences() -> Iterator[str]:
    """Yield each buyer whose free money is not its deposit less what its trades cost and its open bids hold.

    For trades within one invoice period, as a run's are: VAT is rounded once on all of them.
    """
    free: Counter[int] = Counter()
    for transfer in Transfer.objects.filter(code=Transfer.Code.TOP_UP).select_related("credit_account"):
        free[transfer.credit_account.participant_id or 0] += transfer.amount_fen
    net: Counter[int] = Counter()
    for trade in Trade.objects.all():
        value_fen = trade.price_fen * trade.quantity * trade.hours
        net[trade.buyer_id] += value_fen + share(value_fen, TAKER_BPS if trade.taker_side == Side.BID else MAKER_BPS)
    for bid in Order.objects.filter(side=Side.BID, state=Order.State.OPEN).prefetch_related("alternatives"):
        limits_fen = [
            bid.price_fen or bid.protection_price_fen or 0,
            *(other.price_fen for other in bid.alternatives.all()),
        ]
        hours = bid.open[0] * bid.hours if bid.kind == Kind.BLOCK else sum(bid.open)
        free[bid.participant_id] -= hold_a_unit(max(limits_fen)) * hours
    for buyer_id, deposit_fen in list(free.items()):
        expected_fen = deposit_fen - net[buyer_id] - share(net[buyer_id], VAT_BPS)
        if expected_fen < 0 or available_fen(buyer_id) != expected_fen:
            yield f"participant {buyer_id} has {available_fen(buyer_id)} fen free, not {expected_fen}"


def share(amount_fen: int, bps: int) -> int:
    """Return a share, a half fen rounded up."""
    return (amount_fen * bps + 5_000) // 10_000


def hold_a_unit(price_fen: int) -> int:
    """Return the most that one accelerator-hour can cost (docs/money.md): each part rounded up, and a fen for VAT's rounding."""
    fee_fen = -(-(2 * price_fen * TAKER_BPS + 10_000) // 20_000)
    return price_fen + fee_fen - (-(price_fen + fee_fen) * VAT_BPS // 10_000) + 1
