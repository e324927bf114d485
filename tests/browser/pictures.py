"""Pictures of every page in both languages, light and dark, wide and phone, of a running demo.

    python -m tests.browser.pictures http://127.0.0.1:8000 var/pictures

Writes LANGUAGE-THEME-WIDTH/PAGE.png, an index.html beside them, and prints every page that logs an error, answers with
one, or is wider than its window; exit code 1 if there is any.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import run_chromium

LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
THEMES = ("light", "dark")
WIDTHS = {"wide": (1440, 1000), "phone": (390, 844)}
PASSWORD = "suanshi-demo"
MARKET = "A100-SXM4-80G.yangtze-delta"
JOB = "/buy/?compute_class=A100-SXM4-80G&hub=yangtze-delta&accelerators=8&hours=24&flexibility=6"

PAGES: dict[str, dict[str, str]] = {
    "": {
        "offers": "/",
        "markets": "/markets/",
        "market": f"/markets/{MARKET}/",
        "classes": "/classes/",
        "class": "/classes/A100-SXM4-80G/",
        "hub": "/hubs/yangtze-delta/",
        "rules": "/rules/",
        "search": "/search/?q=a100",
        "buy": "/buy/",
        "login": "/accounts/login/",
        "signup": "/accounts/signup/",
        "not-found": "/nowhere/",
    },
    "buyer": {
        "buy-fills": f"{JOB}&price=limit&limit=40",
        "buy-why-not": f"{JOB}&price=limit&limit=3",
        "buy-best": f"{JOB}&price=best",
        "buy-cheaper": f"{JOB.replace('/buy/', '/buy/cheaper')}&price=best",
        "market-mine": f"/markets/{MARKET}/",
        "compute": "/compute/",
        "orders": "/compute/orders/",
        "order": "/compute/orders/ > tbody a[href^='/compute/orders/']:not([href$='cancel'])",
        "trades": "/compute/trades/",
        "deliveries": "/compute/deliveries/",
        "dispute": "/compute/deliveries/ > tbody a[href^='/compute/deliveries/']",
        "wallet": "/wallet/",
        "statement": "/wallet/statement/",
        "terms": "/wallet/terms/",
        "documents": "/wallet/documents/",
        "document": "/wallet/documents/ > main a[href^='/wallet/documents/']",
        "organisation": "/accounts/organisation/",
        "keys": "/accounts/keys/",
        "warning-limits": "/accounts/warnings/",
        "two-step": "/accounts/2fa/",
    },
    "provider": {
        "capacity": "/provider/",
        "list": "/provider/list/",
        "my-offers": "/provider/offers/",
        "delivery-schedule": "/provider/deliveries/",
        "readings-file": "/provider/deliveries/file",
        "standing-offers": "/provider/standing/",
        "standing-offer-new": "/provider/standing/new",
        "price-curves": "/provider/curves/",
        "price-curve-new": "/provider/curves/new",
        "maintenance": "/provider/maintenance/",
        "maintenance-new": "/provider/maintenance/new",
        "offers-file": "/provider/list/file",
        "access": "/provider/deliveries/access/",
        "reliability": "/provider/deliveries/reliability/",
        "sites": "/provider/sites/",
        "site-new": "/provider/sites/new",
        "earnings": "/provider/earnings/",
        "earnings-week": "/provider/earnings/ > tbody a[href^='/provider/earnings/']",
    },
    "finance": {
        "report": "/finance/",
        "lines": "/finance/lines/",
        "report-by-day": "/finance/reports/settlement/",
        "report-by-market": "/finance/reports/settlement/?by=market",
        "reconciliation": "/finance/reports/reconciliation/",
        "shortfalls": "/finance/reports/shortfalls/",
        "trial-balance": "/finance/reports/trial-balance/?by=participant",
        "transfers-report": "/finance/reports/transfers/",
        "ageing": "/finance/reports/ageing/",
        "fees": "/finance/reports/fees/",
        "documents-report": "/finance/reports/documents/",
        "payouts-report": "/finance/reports/payouts/",
        "changes": "/finance/reports/changes/",
        "trade": "/finance/lines/ > tbody a[href^='/finance/trades/']",
        "files": "/finance/files/",
        "subscriptions": "/finance/subscriptions/?report=settlement&by=market",
        "audit": "/operations/audit/",
        "runs": "/finance/runs/",
        "run": "/finance/runs/ > tbody a[href^='/finance/runs/']",
        "disputes": "/finance/disputes/",
        "invoices": "/finance/invoices/",
        "invoice": "/finance/invoices/ > main a[href^='/finance/invoices/']",
        "drafts": "/finance/drafts/",
        "receivables": "/finance/receivables/",
        "payouts": "/finance/payouts/",
        "bank": "/finance/bank/",
        "schedules": "/finance/fees/",
        "fees-new": "/finance/fees/new",
        "vat-new": "/finance/fees/vat/new",
        "tax-code-new": "/finance/fees/tax-code/new",
        "penalty-new": "/finance/fees/penalty/new",
        "vouchers": "/finance/vouchers/",
        "programme": "/finance/vouchers/ > tbody a[href^='/finance/vouchers/']",
        "programme-new": "/finance/vouchers/new",
        "ledger": "/finance/ledger/",
        "transfers": "/finance/ledger/transfers/",
        "transfer": "/finance/ledger/transfers/ > tbody a[href^='/finance/ledger/transfers/']",
        "corrections": "/finance/ledger/corrections/",
        "months": "/finance/months/",
        "month": "/finance/months/ > tbody a[href^='/finance/months/']",
        "fapiao": "/finance/fapiao/",
        "deposit": "/finance/ledger/deposit",
        "operations": "/operations/",
        "halt": "/operations/halts/new",
        "terms": f"/operations/markets/{MARKET}/",
        "market-new": "/operations/markets/new",
        "participants": "/operations/participants/",
        "participant": "/operations/participants/ > tbody a[href^='/operations/participants/']",
        "surveillance": "/operations/surveillance/",
        "system": "/operations/system/",
        "sites-to-approve": "/operations/sites/",
        "not-allowed": "/provider/",
    },
}
EXPECTED_STATUS = {"not-found": 404, "not-allowed": 403}


def main(address: str, folder: Path) -> int:
    """Take every picture; returns the exit code."""
    faults: list[str] = []
    with run_chromium() as browser:
        for language, theme, width in product(LANGUAGES, THEMES, WIDTHS):
            view = f"{language}-{theme}-{width}"
            (folder / view).mkdir(parents=True, exist_ok=True)
            for fault in take_view(browser, address, folder / view, language, theme, width):
                faults.append(f"{view}/{fault}")
                print(faults[-1])  # noqa: T201
    names = [name for pages in PAGES.values() for name in pages]
    (folder / "index.html").write_text(index_of(names), encoding="utf-8")
    print(f"{len(names) * 8} pictures in {folder}, {len(faults)} faults")  # noqa: T201
    return 1 if faults else 0


def take_view(browser: Browser, address: str, folder: Path, language: str, theme: str, width: str) -> Iterator[str]:
    """Take every page once in one language, theme and width; yields what is wrong with them."""
    for person, pages in PAGES.items():
        wide, high = WIDTHS[width]
        context = browser.new_context(
            locale=LANGUAGES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": wide, "height": high},
            timezone_id="Asia/Shanghai",
            has_touch=width == "phone",
        )
        if person:
            sign_in(context, address, f"{person}@demo.example")
        for name, path in pages.items():
            yield from (f"{name}: {fault}" for fault in take_page(context, address, path, folder / f"{name}.png", name))
        context.close()


def sign_in(context: BrowserContext, address: str, email: str) -> None:
    """Sign in by the form."""
    page = context.new_page()
    page.goto(f"{address}/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()


def take_page(context: BrowserContext, address: str, path: str, file: Path, name: str) -> Iterator[str]:
    """Picture one page; `PATH > SELECTOR` follows the first such link of the page at PATH."""
    page: Page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    path, _, selector = path.partition(" > ")
    response = page.goto(address + path, wait_until="load")
    if selector:
        link = page.locator(selector).first.get_attribute("href")
        response = page.goto(f"{address}{link}", wait_until="load")
    page.wait_for_timeout(700)  # charts draw themselves after load
    page.screenshot(path=str(file), full_page=True)
    expected = EXPECTED_STATUS.get(name, 200)
    if response is None or response.status != expected:
        yield f"answered {response.status if response else 'nothing'}, not {expected}"
    elif expected == 200:
        yield from errors
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        yield f"{over} px wider than its window"
    page.close()


def index_of(names: list[str]) -> str:
    """A page that shows all pictures of a page side by side."""
    views = ["-".join(view) for view in product(LANGUAGES, THEMES, WIDTHS)]
    rows = "".join(
        f"<h2>{name}</h2><p>" + "".join(f'<img src="{view}/{name}.png" title="{view}">' for view in views) + "</p>"
        for name in names
    )
    style = "body{font:14px sans-serif}p{display:flex;gap:8px;align-items:flex-start}img{height:420px}"
    return f"<!doctype html><meta charset=utf-8><style>{style}</style>{rows}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1].rstrip("/"), Path(sys.argv[2])))
