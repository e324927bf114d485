"""The test run's own PostgreSQL, and the environment for processes that tests start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from marketplace.embedded import locations
from marketplace.embedded.postgres import DISPOSABLE_OPTIONS, EmbeddedPostgres
from tests import web_settings
from tests.web_server import WebServer, run_web_server


def pytest_configure() -> None:
    """Let templates name static files without a collected manifest, no client read them all first, and passwords be quick."""
    for name in ("STORAGES", "WHITENOISE_USE_FINDERS", "WHITENOISE_AUTOREFRESH", "PASSWORD_HASHERS"):
        setattr(settings, name, getattr(web_settings, name))


@pytest.fixture(autouse=True)
def source_language() -> Iterator[None]:
    """Start each test in English and UTC, whatever language a request of the test before has left in this thread."""
    with translation.override("en"), timezone.override(None):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point the tests at a server of their own, so that they run beside a demo; xdist workers share it.

    The name of the test database gets the worker's number from pytest-django.
    """
    if settings.EMBEDDED_POSTGRES_DIR is None:
        return
    data_dir: Path = settings.VAR_DIR / "test-postgres"
    EmbeddedPostgres(data_dir, DISPOSABLE_OPTIONS).attach()
    settings.DATABASES["default"]["OPTIONS"]["host"] = str(locations.socket_dir(data_dir))


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Environment under which a process started by a test works on the test's database."""
    return environment_of_database()


@pytest.fixture(scope="session")
def web_of_the_run(django_db_setup: None) -> Iterator[WebServer]:
    """One web server process for all tests of a worker; use it by `web`."""
    with run_web_server(environment_of_database()) as server:
        yield server


@pytest.fixture
def web(transactional_db: None, web_of_the_run: WebServer) -> WebServer:
    """The web process on the test's database: pages, REST and WebSocket."""
    return web_of_the_run


def environment_of_database() -> dict[str, str]:
    """The environment of this process, with the address of the test database."""
    database = connection.settings_dict
    login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    port = f":{database['PORT']}" if database["PORT"] else ""
    socket_dir = database["OPTIONS"].get("host")
    query = f"?host={socket_dir}" if socket_dir else ""
    url = f"postgresql://{login}@{database['HOST'] or ''}{port}/{database['NAME']}{query}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "marketplace.settings"}
