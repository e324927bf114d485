"""When a block is tried: on arrival against books and blocks, and while resting on the books, when liquidity came."""

from matching.engine.dtypes import Why
from matching.engine.reference.blocks import best_execution, execute, in_trigger_order
from matching.engine.reference.orders import BlockOrder
from matching.engine.reference.state import State


def arrive(state: State, block: BlockOrder) -> None:
    """Try a new (or replaced) block on books and blocks until it trades no more; then it rests, or goes."""
    try_block(state, block, with_blocks=True)
    if not block.is_open:
        return
    if block.may_rest:
        state.markets[block.market].blocks[block.side].add(block)
    else:
        state.gone(block, Why.EXPIRED)


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
        resting = state.markets[block.market].blocks[block.side]
        resting.remove(block)
        try_block(state, block, with_blocks=False)
        if block.is_open:
            resting.add(block)
