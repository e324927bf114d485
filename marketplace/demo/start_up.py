"""What must be true before the demo starts, and knowing when it answers."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import socket
from pathlib import Path


class DemoCannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


def take_port(host: str, port: int) -> socket.socket:
    """Take the port for the web processes, which listen on it; raises DemoCannotStart when another program does or it may not be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it; a server that is handed a socket may not set it.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise DemoCannotStart(_why_not(error, host, port)) from error
    return taken


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose a free one: make demo PORT={port + 1}"
    if error.errno == errno.EACCES:
        return f"Port {port} needs special rights. Choose one above 1023: make demo PORT=8000"
    return f"Cannot listen on {host} port {port}: {error.strerror}."


def hold_demo_lock(path: Path) -> int:
    """Take the lock that one demo per var folder holds until it ends; raises DemoCannotStart when another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DemoCannotStart(
            f"A demo already runs on {path.parent}. Stop it with Ctrl-C in its terminal, "
            "or give this one a folder of its own: make demo SUANSHI_VAR=/some/folder PORT=8001"
        ) from None
    return lock


def answers(host: str, port: int) -> bool:
    """Say whether the web answers a request for the front page."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
