"""Clients that post as fast as they are answered, over connections that stay open, in a process of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Sequence

Request = tuple[bytes, bytes]
"""A key's token and a body."""


def post_all(port: int, path: str, requests: Sequence[Request], *, clients: int) -> Counter[int]:
    """Post `requests` to 127.0.0.1, dealt out to `clients`, and count the answers' statuses."""
    shares = [requests[client::clients] for client in range(clients)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run, (port, path, shares))


def run(port: int, path: str, shares: Sequence[Sequence[Request]]) -> Counter[int]:
    return asyncio.run(_run(port, path, shares))


async def _run(port: int, path: str, shares: Sequence[Sequence[Request]]) -> Counter[int]:
    answers = await asyncio.gather(*(client(port, path, share) for share in shares))
    return sum(answers, Counter())


async def client(port: int, path: str, requests: Sequence[Request]) -> Counter[int]:
    """Post one request after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses: Counter[int] = Counter()
    for token, body in requests:
        writer.write(request_bytes(path, token, body))
        statuses[await status_of(reader)] += 1
    writer.close()
    return statuses


def request_bytes(path: str, token: bytes, body: bytes) -> bytes:
    authorization = b"Authorization: Bearer " + token + b"\r\n" if token else b""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + authorization + b"\r\n" + body


async def status_of(reader: asyncio.StreamReader) -> int:
    """Read one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line.lower().startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])
