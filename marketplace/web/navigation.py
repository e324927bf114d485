"""The navigation by role: sections in the top bar, their parts in the second row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from marketplace.accounts.acting import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Part:
    """A link of the second row; `also` are url names of pages that belong to it."""

    label: _StrPromise
    url_name: str
    also: tuple[str, ...] = ()

    @property
    def url_names(self) -> tuple[str, ...]:
        """Every page on which it is marked as current."""
        return (self.url_name, *self.also)


@dataclass(frozen=True, slots=True)
class Section:
    """A link of the top bar; without parts its section has one page and no second row."""

    label: _StrPromise
    url_name: str
    parts: tuple[Part, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def url_names(self) -> tuple[str, ...]:
        """Every page on which it is marked as current."""
        return (self.url_name, *self.also, *(name for part in self.parts for name in part.url_names))


OFFERS = Section(_("Offers"), "home")
MARKET = Section(_("Market"), "markets", also=("market",))
BUY = Section(_("Buy"), "buy")
MY_COMPUTE = Section(
    _("My compute"),
    "compute",
    (
        Part(_("Holdings"), "compute"),
        Part(_("Orders"), "orders", also=("order",)),
        Part(_("Trades"), "trades"),
    ),
)
PROVIDING = (
    Section(_("Capacity"), "capacity"),
    Section(_("My orders"), "orders", (Part(_("Orders"), "orders", also=("order",)), Part(_("Trades"), "trades"))),
)
FINANCE = (
    Section(_("Reports"), "finance_settlement"),
    Section(_("Invoices"), "finance_invoices"),
)

SECTIONS: dict[Role, tuple[Section, ...]] = {
    Role.VISITOR: (MARKET, OFFERS, BUY),
    Role.BUYER: (MARKET, OFFERS, BUY, MY_COMPUTE, Section(_("Wallet"), "wallet")),
    Role.PROVIDER: (MARKET, OFFERS, *PROVIDING, Section(_("Earnings"), "wallet")),
    Role.FINANCE: (MARKET, *FINANCE),
}
