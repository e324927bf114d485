"""When a block is tried: on arrival against books and blocks, and while resting on the books, when liquidity came."""

from matching.engine.dtypes import Why
from matching.engine.reference.blocks import best_execution, execute, in_trigger_order, surplus_fen
from matching.engine.reference.orders import BlockOrder
from matching.engine.reference.state import State


def arrive(state: State, block: BlockOrder) -> None:
    """Try a new (or replaced) block on books and blocks until it trades no more; then it rests, or goes.

    Of several alternatives the one whose best execution has the greatest surplus is tried, then the lowest.
    """
    best = max(block.alternatives, key=lambda alternative: promise(state, alternative))
    try_block(state, best, with_blocks=True)
    if not best.is_open:
        return
    if not best.may_rest:
        state.gone(best, Why.EXPIRED)
        return
    for alternative in best.alternatives:
        state.rest_block(alternative)
    state.rested(best.alternatives[0])


def promise(state: State, block: BlockOrder) -> tuple[int, ...]:
    """Rank an alternative, the greatest best: it can execute, its surplus, the lowest number."""
    execution = best_execution(state, block, with_blocks=True)
    if execution is None:
        return 0, 0, -block.alternative
    return 1, surplus_fen(block, execution.quantity, execution.total), -block.alternative


def try_block(state: State, block: BlockOrder, *, with_blocks: bool) -> None:
    while block.is_open:
        execution = best_execution(state, block, with_blocks=with_blocks)
        if execution is None:
            return
        execute(state, block, execution)


def try_touched_blocks(state: State) -> None:
    """Try, once a command and on the books only, the resting blocks that it touched.

    Touched are those that could use an hour where the command left liquidity, and those that were maker in it and have
    something left.
    """
    touched = in_trigger_order(block for block in state.touched if block.is_open)
    state.touched.clear()
    for block in touched:
        first = best_execution(state, block, with_blocks=False) if block.is_open else None
        if first is None:
            continue
        state.triggered(block, first.start)
        resting = state.markets[block.market].blocks[block.side]
        resting.remove(block)
        try_block(state, block, with_blocks=False)
        if block.is_open:
            resting.add(block)
