"""Visitors that ask for one page as fast as they are answered, over connections that stay open, in a process of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
from time import perf_counter

import numpy as np

SECONDS = 6.0
WARM_UP = 3  # requests of each visitor, not counted


def visit(port: int, address: str, *, clients: int, seconds: float = SECONDS) -> dict[str, float]:
    """Return p50 and p99 in milliseconds, and requests a second."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        took_s, elapsed_s = pool.apply(run, (port, address, clients, seconds))
    p50, p99 = np.percentile(np.array(took_s) * 1e3, (50, 99))
    return {"p50": float(p50), "p99": float(p99), "requests/s": len(took_s) / elapsed_s}


def run(port: int, address: str, clients: int, seconds: float) -> tuple[list[float], float]:
    """Visit from this process; raises ConnectionError where the page answers with an error."""
    try:
        return asyncio.run(_run(port, address, clients, seconds))
    except ExceptionGroup as several:  # which does not survive the way back to the parent process
        raise ConnectionError(str(several.exceptions[0])) from None


async def _run(port: int, address: str, clients: int, seconds: float) -> tuple[list[float], float]:
    async with asyncio.TaskGroup() as warming:
        for _ in range(clients):
            warming.create_task(_visitor(port, address, count=WARM_UP))
    started = perf_counter()
    tasks = []
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            tasks.append(group.create_task(_visitor(port, address, until=started + seconds)))
    return [took for task in tasks for took in task.result()], perf_counter() - started


async def _visitor(port: int, address: str, *, count: int | None = None, until: float = 0.0) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = (
        f"GET {address} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nAccept-Language: en\r\n\r\n".encode()
    )
    took: list[float] = []
    while len(took) < count if count is not None else perf_counter() < until:
        started = perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise ConnectionError(f"{address} answered {head[:40]!r}")
        await _body(reader, head.lower())
        took.append(perf_counter() - started)
    writer.close()
    return took


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), None)
    if length is not None:
        await reader.readexactly(length)
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)
