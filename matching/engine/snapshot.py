"""How the bytes of a snapshot are wrapped, so that foreign, damaged or otherwise-versioned ones are known before they are read."""

import struct
import zlib

from matching.engine.interface import UnreadableSnapshot

HEADER = struct.Struct("<8s16sQI")
"""What made it, in which layout, how many bytes follow, and their checksum."""


def wrap(content: bytes, *, maker: bytes, layout: bytes) -> bytes:
    """Return `content` behind a header; `maker` is up to 8 bytes, `layout` up to 16."""
    return HEADER.pack(maker, layout, len(content), zlib.crc32(content)) + content


def unwrap(data: bytes, *, maker: bytes, layout: bytes) -> memoryview:
    """Return the content of what `wrap` returned; raises UnreadableSnapshot."""
    if len(data) < HEADER.size or not data.startswith(maker.ljust(8, b"\0")):
        raise UnreadableSnapshot("These bytes are no snapshot of this engine. Name one that its snapshot() returned.")
    _, found_layout, length, checksum = HEADER.unpack_from(data)
    if found_layout != layout.ljust(16, b"\0"):
        raise UnreadableSnapshot("This snapshot is of another version of the engine. Play the commands again instead.")
    content = memoryview(data)[HEADER.size :]
    if len(content) != length or zlib.crc32(content) != checksum:
        raise UnreadableSnapshot(
            "This snapshot is damaged or cut short. Take an earlier one, or play the commands again."
        )
    return content
