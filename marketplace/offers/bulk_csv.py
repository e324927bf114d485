"""Offers from a CSV file: every line checked as listing it would, all of them listed or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from billing.period import BEIJING
from billing.sheets import LineError, LinesRefused, fen_of, read_sheet
from marketplace.errors import PersonError
from marketplace.offers.models import Offer
from marketplace.offers.publish import Listing, publish_each
from matching.engine.bounds import PRICE_FEN_MAX, START_MAX
from matching.hours import hour_of, moment_of
from matching.models import Order, Site

LINES_MAX = 5_000
FILE_BYTES_MAX = 2_000_000

HEADS = {
    "site": ("site", "机房"),
    "start": ("start", "开始"),
    "hours": ("hours", "小时数"),
    "quantity": ("quantity", "卡数"),
    "price": ("price", "单价"),
    "display_quantity": ("display_quantity", "显示卡数"),
    "expires_at": ("expires_at", "有效期至"),
    "reference": ("reference", "名称"),
}
"""The columns and the names that each may have in the first line."""

REQUIRED = ("site", "start", "hours", "quantity", "price")


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferLine:
    """A line of the file: what it lists, and what is wrong with it."""

    line: int
    listing: Listing | None
    site: str
    error: LineError | PersonError | None = None
    is_known: bool = False  # this very line of this very file was listed before

    @property
    def fault(self) -> str:
        """What is wrong with it, in words."""
        return "" if self.error is None else str(self.error)


def preview_offers(*, provider_id: int, content: bytes, now: datetime) -> list[OfferLine]:
    """Say what would become of each line by listing all of them and taking it back. Raises a SheetError, ExchangeBusy."""
    with transaction.atomic():
        lines, _offers = _list(provider_id, content, now)
        transaction.set_rollback(True)
    return lines


def import_offers(*, provider_id: int, content: bytes, now: datetime) -> list[Offer]:
    """List a whole file in one batch and return the offers that are new; the same file again lists nothing.

    Raises a SheetError, LinesRefused with every fault, ExchangeBusy.
    """
    with transaction.atomic():
        lines, offers = _list(provider_id, content, now)
        errors = [(line.line, LineError(line.fault)) for line in lines if line.error]
        if errors:
            raise LinesRefused(errors)
        known = {line.line for line in lines if line.is_known}
    return [offer for line, offer in zip(lines, offers, strict=True) if line.line not in known]


def template_csv(sites: Sequence[Site], *, now: datetime) -> str:
    """Return a file to start from: the columns, and a line for each site tomorrow."""
    start = moment_of(hour_of(now)).astimezone(BEIJING).replace(hour=0)
    tomorrow = moment_of(hour_of(start) + 24).astimezone(BEIJING)
    lines = [",".join(HEADS)]
    lines += [f"{site.slug},{tomorrow:%Y-%m-%d %H:%M},24,{site.accelerators},10.00,,," for site in sites]
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def _list(provider_id: int, content: bytes, now: datetime) -> tuple[list[OfferLine], list[Offer]]:
    """List what can be listed; one batch, whatever the number of lines."""
    sheet = read_sheet(content, heads=HEADS, required=REQUIRED, bytes_max=FILE_BYTES_MAX, rows_max=LINES_MAX)
    sites = {site.slug: site for site in Site.objects.filter(provider_id=provider_id)}
    key = sha256(content).hexdigest()[:24]
    lines = [_line(row.line, row.cells, sites, provider_id, key) for row in sheet.rows]
    wanted = [line.listing for line in lines if line.listing is not None]
    names = [listing.client_order_id for listing in wanted]
    known = set(
        Order.objects.filter(participant_id=provider_id, client_order_id__in=names)
        .order_by()
        .values_list("client_order_id", flat=True)
    )
    verdicts = iter(publish_each(listings=wanted, now=now))
    checked, offers = [], []
    for line in lines:
        verdict = next(verdicts) if line.listing is not None else line.error
        if isinstance(verdict, Offer):
            offers.append(verdict)
            is_known = line.listing is not None and line.listing.client_order_id in known
            checked.append(OfferLine(line=line.line, listing=line.listing, site=line.site, is_known=is_known))
        else:
            checked.append(OfferLine(line=line.line, listing=line.listing, site=line.site, error=verdict))
    return checked, offers


def _line(line: int, cells: Mapping[str, str], sites: Mapping[str, Site], provider_id: int, key: str) -> OfferLine:
    named = cells.get("site", "")
    try:
        site = sites.get(named) or next((each for each in sites.values() if named in (each.name, each.name_zh)), None)
        if site is None or not named:
            raise LineError(_("%(site)s is no site of yours.") % {"site": named or "—"})
        listing = Listing(
            provider_id=provider_id,
            site_id=site.pk,
            start=_hour(cells["start"]),
            hours=_number(cells["hours"]),
            quantity=_number(cells["quantity"]),
            price_fen=_price(cells["price"]),
            display_quantity=_number(cells["display_quantity"]) if cells.get("display_quantity") else None,
            expires_at=_moment(cells["expires_at"]) if cells.get("expires_at") else None,
            reference=cells.get("reference", "")[:80],
            client_order_id=f"csv-{key}-{line}",
        )
    except LineError as error:
        return OfferLine(line=line, listing=None, site=named, error=error)
    return OfferLine(line=line, listing=listing, site=site.slug)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise LineError(_("%(value)s is no whole number.") % {"value": text or "—"})
    return int(text)


def _price(text: str) -> int:
    fen = fen_of(text)
    if not 1 <= fen <= PRICE_FEN_MAX:
        raise LineError(_("%(value)s is no price.") % {"value": text})
    return fen


def _hour(text: str) -> int:
    moment = _moment(text)
    hour = hour_of(moment)
    if moment_of(hour) != moment or not 0 <= hour <= START_MAX:
        raise LineError(_("%(value)s is no full hour. Write it as 2026-03-02 10:00.") % {"value": text})
    return hour


def _moment(text: str) -> datetime:
    """Read a time; without a zone it is Beijing's."""
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise LineError(_("%(value)s is no time. Write it as 2026-03-02 10:00.") % {"value": text or "—"}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
