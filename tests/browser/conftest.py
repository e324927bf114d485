"""A browser, and an exchange with a past for it to look at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from tests.browser.chromium import find_chromium, run_chromium
from tests.browser.exchange import Exchange, open_exchange

# Playwright's synchronous API runs an event loop in this thread; the ORM calls around it are not inside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


# A page may wait for the matcher, and machines that run tests are busy.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser_of_the_run() -> Iterator[Browser]:
    """One browser for all tests of a worker; use it by `browser`."""
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine; install Debian's chromium to run the browser tests")
    with run_chromium() as chromium:
        yield chromium


@pytest.fixture
def browser(transactional_db: None, browser_of_the_run: Browser) -> Iterator[Browser]:
    """The browser, whose windows a test opens for itself; they close before the tables are emptied, and none goes on polling."""
    yield browser_of_the_run
    for context in browser_of_the_run.contexts:
        context.close()


@pytest.fixture
def exchange(transactional_db: None, process_environment: dict[str, str]) -> Iterator[Exchange]:
    """An exchange with an invoiced past week, people who can sign in, and a matcher at work."""
    opened = open_exchange()
    matcher = subprocess.Popen(
        [sys.executable, "manage.py", "matcher"],
        cwd=settings.BASE_DIR,
        env=process_environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield opened
    finally:
        matcher.terminate()
        matcher.wait(30)
