"""A checksum at the speed of memory, for snapshots: against damage, not against malice."""

from matching.engine.kernel.compiling import piece
from matching.engine.kernel.pointers import Ints

PRIME = 0x100000001B3
"""FNV-1's; any odd number would find every single change."""
LANES = 4


@piece
def checksum_of(words: Ints, count: int) -> int:
    """Return a checksum of `count` int64s: four sums beside each other, as a multiplication takes a processor four steps."""
    a, b, c, d = 1, 2, 3, 4
    whole = count - count % LANES
    for i in range(0, whole, LANES):
        a = (a ^ words[i]) * PRIME
        b = (b ^ words[i + 1]) * PRIME
        c = (c ^ words[i + 2]) * PRIME
        d = (d ^ words[i + 3]) * PRIME
    for i in range(whole, count):
        a = (a ^ words[i]) * PRIME
    return (((a * PRIME ^ b) * PRIME ^ c) * PRIME ^ d) * PRIME ^ count
