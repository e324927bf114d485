"""Every page, as everybody, in both languages, light and dark: no error, nothing grave for axe-core, no sideways scrolling."""

from __future__ import annotations

from itertools import product

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.every_page import AXE, faults_of
from tests.browser.exchange import PASSWORD, Exchange
from tests.browser.pictures import EXPECTED_STATUS, LANGUAGES, PAGES, THEMES
from tests.web_server import WebServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DAILY = (("en", "light"), ("zh", "dark"))
"""A twelfth of the pages in each of these, other ones; `make soak` looks at every page in all combinations."""

SHARE = 12

Pages = dict[str, dict[str, str]]


def _look(
    browser: Browser, address: str, exchange: Exchange, view: tuple[str, str], listed: Pages = PAGES
) -> list[str]:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; make setup installs it")
    emails = {"buyer": exchange.buyer_email, "provider": exchange.provider_email, "finance": exchange.finance_email}
    language, theme = view
    faults: list[str] = []
    for person, pages in listed.items():
        context = browser.new_context(
            locale=LANGUAGES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": 1440 if theme == "light" else 390, "height": 1000},
        )
        context.set_default_timeout(30_000)
        if person:
            _sign_in(context, address, emails[person])
        for name, path in pages.items():
            where = _address(context, address, path)
            if where is None:
                continue
            status = EXPECTED_STATUS.get(name, 200)
            faults += [f"{language} {theme} {person or 'anyone'} {path}: {fault}"
                       for fault in faults_of(context, address, where, status=status)]  # fmt: skip
        context.close()
    return faults


def _sign_in(context: BrowserContext, address: str, email: str) -> None:
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()


def _address(context: BrowserContext, address: str, path: str) -> str | None:
    """Return a page's address; `PATH > SELECTOR` is the first such link at PATH, None where this exchange has none."""
    path, _, selector = path.partition(" > ")
    if not selector:
        return address + path
    page = context.new_page()
    page.goto(address + path, wait_until="load")
    link = page.locator(selector)
    found = f"{address}{link.first.get_attribute('href')}" if link.count() else None
    page.close()
    return found


@pytest.mark.parametrize("view", DAILY, ids="-".join)
def test_no_page_has_a_fault(browser: Browser, web: WebServer, exchange: Exchange, view: tuple[str, str]) -> None:
    turn = DAILY.index(view)
    listed = {
        person: dict(list(pages.items())[(SHARE // 2 * turn + number) % SHARE :: SHARE])
        for number, (person, pages) in enumerate(PAGES.items())
    }
    faults = _look(browser, web.url, exchange, view, listed)
    assert not faults, "\n".join(faults)


@pytest.mark.soak
@pytest.mark.parametrize("view", list(product(LANGUAGES, THEMES)), ids="-".join)
def test_no_page_has_a_fault_in_any_view(
    browser: Browser, web: WebServer, exchange: Exchange, view: tuple[str, str]
) -> None:
    faults = _look(browser, web.url, exchange, view)
    assert not faults, "\n".join(faults)
