"""One command: refused, put off until there is room for it, or played."""

from matching.engine.kernel.arriving import new_order
from matching.engine.kernel.clock import tell_time
from matching.engine.kernel.codes import ALTERNATIVE, BAND, CLOSE, REPLACE, TIME, W_NONE, W_UNKNOWN
from matching.engine.kernel.compiling import piece, small_piece
from matching.engine.kernel.ending import cancel, close, mass_cancel
from matching.engine.kernel.entry_rules import (
    field8,
    field32,
    id_field,
    reason_to_reject_cancel,
    reason_to_reject_new,
    reason_to_reject_rare,
)
from matching.engine.kernel.events import tell_accepted, tell_rejected
from matching.engine.kernel.ids import NOT_FOUND, slot_of_id
from matching.engine.kernel.layout import C_ALTERNATIVES, C_EXPIRES, C_MARKET, C_PARTICIPANT, C_START, FOLLOWED
from matching.engine.kernel.memory import Memory
from matching.engine.kernel.new_alternatives import play_with_alternatives
from matching.engine.kernel.replacing import replace
from matching.engine.kernel.room import has_room_for_new, has_room_for_rare
from matching.engine.kernel.states import set_band, set_state


@small_piece
def play_new(m: Memory, row: int) -> bool:
    """Play a NEW; False when something has to grow first."""
    if field8(m, row, C_ALTERNATIVES) != 0:
        return play_with_alternatives(m, row)
    why = reason_to_reject_new(m, row)
    if why != W_NONE:
        tell_rejected(m, id_field(m, row), why)
        return True
    if not has_room_for_new(m, row):
        return False
    new_order(m, row)
    return True


@small_piece
def play_cancel(m: Memory, row: int) -> None:
    """Play a CANCEL; it needs no room."""
    why = reason_to_reject_cancel(m, row)
    slot = NOT_FOUND
    if why == W_NONE:
        slot = slot_of_id(m, id_field(m, row))
        why = W_NONE if slot != NOT_FOUND else W_UNKNOWN
    if why != W_NONE:
        tell_rejected(m, id_field(m, row), why)
    else:
        cancel(m, slot)


@piece
def play_rare(m: Memory, row: int, do: int) -> bool:
    """Play any other command; False when something has to grow first."""
    if do == ALTERNATIVE and row < m.s[FOLLOWED]:
        return True
    why = reason_to_reject_rare(m, row, do)
    if why != W_NONE:
        tell_rejected(m, id_field(m, row), why)
        return True
    if not has_room_for_rare(m, row, do):
        return False
    if do == REPLACE:
        replace(m, row)
        return True
    if do > BAND:
        set_state(m, row, do)
        return True
    tell_accepted(m, 0)
    if do == CLOSE:
        close(m, field32(m, row, C_MARKET), field32(m, row, C_START))
    elif do == TIME:
        tell_time(m, field32(m, row, C_EXPIRES))
    elif do == BAND:
        set_band(m, row)
    else:
        mass_cancel(m, field32(m, row, C_PARTICIPANT))
    return True
