"""A snapshot of the reference engine: its State, pickled. Bytes of another's making must not reach it, since it unpickles."""

import hashlib
import pickle
from functools import cache
from pathlib import Path

from matching.engine.reference.state import State
from matching.engine.snapshot import unwrap, wrap

MAKER = b"suan-ref"


@cache
def layout() -> bytes:
    """Say what the bytes mean; any other source may mean otherwise."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).digest()[:16]


def take(state: State) -> bytes:
    return wrap([memoryview(pickle.dumps(state))], maker=MAKER, layout=layout())


def read(data: bytes) -> State:
    """Return the state of a snapshot; raises UnreadableSnapshot."""
    (pickled,) = unwrap(data, maker=MAKER, layout=layout())
    state: State = pickle.loads(pickled)
    return state
