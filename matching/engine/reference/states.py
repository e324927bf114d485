"""What the exchange rules for a market: its band, and which of its contracts trade, collect orders or are halted."""

from matching.engine.dtypes import ContractState, Do, Why
from matching.engine.reference.auction import open_contracts
from matching.engine.reference.bands import Band
from matching.engine.reference.books import Market
from matching.engine.reference.orders import Command, given
from matching.engine.reference.state import State

RULED = {Do.HALT: ContractState.HALTED, Do.COLLECT: ContractState.COLLECTING, Do.RESUME: ContractState.OPEN}
TOLD = {
    ContractState.HALTED: Why.HALTED,
    ContractState.COLLECTING: Why.COLLECTING,
    ContractState.OPEN: Why.OPEN,
}


def set_band(state: State, command: Command) -> None:
    """Give a market its band; what then crosses inside it is opened by auctions, and every resting block is tried."""
    market = state.markets[command.market]
    market.band = Band(given(command.price), given(command.quantity))
    open_contracts(state, command.market, {hour for hour, _ in market.books if market.is_open(hour)})
    for blocks in market.blocks.values():
        state.touch(blocks)


def set_state(state: State, command: Command) -> None:
    """Halt, collect or resume a span of contracts, or a whole market, which has a state of its own.

    A contract that becomes open by it is opened by an auction, and the resting blocks that could use it are tried.
    """
    market, ruled = state.markets[command.market], RULED[Do(command.do)]
    shut = {hour for hour in market.hours_in_use() if not market.is_open(hour)}
    rule(market, given(command.start), command.hours, ruled)
    state.told_state(command, TOLD[ruled])
    opened = {hour for hour in shut if market.is_open(hour)}
    open_contracts(state, command.market, opened)
    for blocks in market.blocks.values():
        state.touch(blocks.touching(opened))


def rule(market: Market, start: int | None, hours: int, ruled: ContractState) -> None:
    if start is None:
        market.state = ruled
        return
    for hour in range(max(start, market.first_open_hour), start + hours):
        market.states[hour] = ruled
