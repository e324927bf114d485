"""The replay's own database on the same server: made for it, and dropped after it unless it is to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psutil
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.utils import Error as DatabaseError
from psycopg import sql

from marketplace.embedded.locations import DATABASE_NAME


class UnableToUseDatabase(Exception):
    """The database named cannot be made, found or dropped; the message says why and what to do."""


@contextmanager
def database(name: str) -> Iterator[None]:
    """Let everything in this process work on the existing database `name` of the same server; raises UnableToUseDatabase."""
    if not _exists(name):
        raise UnableToUseDatabase(f"There is no database {name}. Make it with: manage.py replay DIR --database {name}")
    with _switched(name):
        yield


@contextmanager
def new_database(name: str, *, keep: bool, replace: bool = False) -> Iterator[None]:
    """Make the database `name` with all its tables and work on it; drop it at the end, or on an error, unless `keep`.

    Raises UnableToUseDatabase when it exists already (and is not to be replaced) or the login may not create one.
    """
    if name in (connection.settings_dict["NAME"], DATABASE_NAME, "postgres", "template0", "template1"):
        raise UnableToUseDatabase(f"{name} is not a database for replays. Choose another name.")
    if _exists(name):
        if not replace:
            raise UnableToUseDatabase(f"The database {name} exists. Choose another name, or add --replace to drop it.")
        drop_database(name)
    _execute("CREATE DATABASE {}", name)
    if not keep:
        _execute("ALTER DATABASE {} SET synchronous_commit TO off", name)  # nobody will miss it after a power cut
    finished = False
    try:
        with _switched(name):
            call_command("migrate", verbosity=0, interactive=False)
            yield
        finished = True
    finally:
        if not (keep and finished):
            drop_database(name)


def drop_database(name: str) -> None:
    """Drop the database `name`, ending whoever is still connected to it."""
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def drop_forgotten(prefix: str) -> None:
    """Drop the databases `prefix<pid>` of processes of this machine that are gone; what a kill -9 leaves behind."""
    if settings.EMBEDDED_POSTGRES_DIR is None:
        return  # another machine's replay may be at work on this server
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        pid = name.removeprefix(prefix)
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            drop_database(name)


def database_address(name: str) -> str:
    """Give the DATABASE_URL of the database `name` on the same server."""
    parameters = connection.settings_dict
    login = parameters["USER"] + (f":{quote(parameters['PASSWORD'])}" if parameters["PASSWORD"] else "")
    port = f":{parameters['PORT']}" if parameters["PORT"] else ""
    socket_dir = parameters["OPTIONS"].get("host")
    query = f"?host={socket_dir}" if socket_dir else ""
    return f"postgresql://{login}@{parameters['HOST'] or ''}{port}/{name}{query}"


@contextmanager
def _switched(name: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    _point_at(name)
    try:
        yield
    finally:
        _point_at(before)


def _point_at(name: str) -> None:
    """Change the default connection's database; the pool of the one before is given up."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


def _exists(name: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def _execute(statement: str, name: str) -> None:
    try:
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except DatabaseError as error:
        raise UnableToUseDatabase(f"PostgreSQL refuses the database {name}: {str(error).strip()}") from error
