"""How the bytes of a snapshot are wrapped, so that foreign, damaged or otherwise-versioned ones are known before they are read."""

import struct
import zlib
from collections.abc import Callable, Sequence

from matching.engine.interface import UnreadableSnapshot

HEADER = struct.Struct("<8s16sII")
"""What made it, in which layout, how many sections it has, and the CRC-32 of the list of them."""
SECTION = struct.Struct("<QQ")
"""A section's bytes, and their checksum."""

DAMAGED = "This snapshot is damaged or cut short. Take an earlier one, or play the commands again."

Checksum = Callable[[memoryview], int]


def wrap(
    sections: Sequence[memoryview],
    *,
    maker: bytes,
    layout: bytes,
    checksum: Checksum = zlib.crc32,
    join: Callable[[Sequence[bytes | memoryview]], bytes] = b"".join,
) -> bytes:
    """Return `sections` (of bytes) behind their list; `maker` is up to 8 bytes, `layout` up to 16."""
    listed = b"".join(SECTION.pack(len(section), checksum(section)) for section in sections)
    return join((HEADER.pack(maker, layout, len(sections), zlib.crc32(listed)), listed, *sections))


def unwrap(data: bytes, *, maker: bytes, layout: bytes, checksum: Checksum = zlib.crc32) -> list[memoryview]:
    """Return the sections of what `wrap` returned; raises UnreadableSnapshot."""
    if len(data) < HEADER.size or not data.startswith(maker.ljust(8, b"\0")):
        raise UnreadableSnapshot("These bytes are no snapshot of this engine. Name one that its snapshot() returned.")
    _, found_layout, count, listed_checksum = HEADER.unpack_from(data)
    if found_layout != layout.ljust(16, b"\0"):
        raise UnreadableSnapshot("This snapshot is of another version of the engine. Play the commands again instead.")
    listed = memoryview(data)[HEADER.size : HEADER.size + count * SECTION.size]
    if len(listed) != count * SECTION.size or zlib.crc32(listed) != listed_checksum:
        raise UnreadableSnapshot(DAMAGED)
    sections, at = [], HEADER.size + len(listed)
    for size, expected in SECTION.iter_unpack(listed):
        section = memoryview(data)[at : at + size]
        if len(section) != size or checksum(section) != expected:
            raise UnreadableSnapshot(DAMAGED)
        sections.append(section)
        at += size
    if at != len(data):
        raise UnreadableSnapshot(DAMAGED)
    return sections
