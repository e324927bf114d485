"""Somebody at a browser of their own, who notices every error that a page logs and every barrier in what is kept as a picture, a CI artefact."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.every_page import axe_faults
from tests.browser.exchange import PASSWORD

PICTURES = Path(os.environ.get("BROWSER_PICTURES", settings.VAR_DIR / "pictures"))
"""Where pictures go; BROWSER_PICTURES names a folder that CI keeps."""

PRESS_MS = 400
"""A slow finger on the mouse: what is replaced under it while it is down is never clicked on."""

BROKEN_OFF = ("htmx:afterRequest, ", "htmx:sendAbort, ")


class Person:
    """A browser with one page, in one language."""

    def __init__(self, browser: Browser, address: str, language: str = "en-GB", width: int = 1440) -> None:
        self.address, self.language = address, language
        self.context: BrowserContext = browser.new_context(
            locale=language,
            viewport={"width": width, "height": 1000},
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.clicks = 0
        self.page.on("console", self._notes)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _notes(self, message: ConsoleMessage) -> None:
        """Keep an error, but for what htmx says of requests that leaving a page breaks off."""
        if message.type == "error" and not message.text.startswith(BROKEN_OFF):
            self.errors.append(message.text)

    def goes_to(self, path: str) -> Page:
        """Open a page of the exchange."""
        self.page.goto(self.address + path)
        return self.page

    def clicks_on(self, selector: str) -> None:
        """Click, and count it."""
        self.clicks += 1
        self.page.locator(selector).first.click()

    def signs_in(self, email: str) -> None:
        """Sign in by the form."""
        page = self.goes_to("/accounts/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form button[type=submit], main form .btn-primary").first.click()
        expect(page).not_to_have_url(self.address + "/accounts/login/")

    def keeps_picture(self, name: str) -> None:
        """Keep what is seen as a CI artefact, and note as errors what of it axe-core calls grave."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(PICTURES / f"{name}-{self.language}.png"), full_page=True)
        self.errors += [f"{name}: {fault}" for fault in axe_faults(self.page)]

    def downloads(self, link: str) -> Path:
        """Click a link that downloads and return the file."""
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=link).first.click()
        return Path(download.value.path())
