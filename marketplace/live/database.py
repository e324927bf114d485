"""The database from an event loop: reads in threads that keep their connections, and a session that listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.db import Error as DatabaseError
from django.db import connection, connections

P = ParamSpec("P")
T = TypeVar("T")

UNREACHABLE = (psycopg.Error, DatabaseError, OSError)
"""What says that the database is away, or was."""

_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that reads the database, outside the event loop; a connection that failed is not used again."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(_call, function, *args, **kwargs))


def _call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except UNREACHABLE:
        connection.close()
        raise


async def listening_session(*channels: str) -> psycopg.AsyncConnection[Any]:
    """Open a session of its own that hears what is said on `channels`."""
    parameters = connections["default"].get_connection_params() | {"application_name": "live", "connect_timeout": 5}
    parameters.pop("cursor_factory", None)
    session: psycopg.AsyncConnection[Any] = await psycopg.AsyncConnection.connect(**parameters, autocommit=True)
    for channel in channels:
        await session.execute(f"LISTEN {channel}")
    return session
