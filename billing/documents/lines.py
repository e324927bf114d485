"""The lines that documents have, as printed in both languages; amounts in fen before VAT, VAT split later."""

from __future__ import annotations

from billing.models import InvoiceLine
from matching.models import Market

_COMPUTE_AT = "Compute, "


def compute_line(*, market: Market, quantity: int, amount_fen: int) -> InvoiceLine:
    """Return a line of accelerator-hours of one market."""
    return InvoiceLine(
        market=market,
        item=f"{_COMPUTE_AT}{market.hub.name}",
        item_zh="*信息技术服务*算力服务",
        specification=market.compute_class.slug,
        specification_zh=market.hub.name_zh,
        quantity=quantity,
        amount_fen=amount_fen,
        vat_fen=0,
    )


def hub_of(line: InvoiceLine) -> tuple[str, str]:
    """Return the hub of a line of compute in Chinese and English, as it was called when the line was made."""
    return line.specification_zh, line.item.removeprefix(_COMPUTE_AT)


def fee_line(*, amount_fen: int) -> InvoiceLine:
    """Return a line of the exchange's fee; negative where a statement takes it off."""
    return InvoiceLine(
        kind=InvoiceLine.Kind.FEE,
        item="Exchange fee",
        item_zh="*信息技术服务*交易服务",
        quantity=1,
        amount_fen=amount_fen,
        vat_fen=0,
    )


def shortfall_line(*, amount_fen: int) -> InvoiceLine:
    """Return a line of what a provider is charged for hours that fell short; negative on its statement."""
    return InvoiceLine(
        kind=InvoiceLine.Kind.SHORTFALL,
        item="Shortfall with penalty",
        item_zh="交付短缺扣款及违约金",
        quantity=1,
        amount_fen=amount_fen,
        vat_fen=0,
    )


def allowance_line(*, line: InvoiceLine, amount_fen: int) -> InvoiceLine:
    """Return a line that credits an amount of a document's line, whatever was delivered."""
    return InvoiceLine(
        kind=InvoiceLine.Kind.ALLOWANCE,
        market=line.market,
        item=f"Allowance: {line.item}",
        item_zh=f"{line.item_zh}（折让）",
        specification=line.specification,
        specification_zh=line.specification_zh,
        quantity=1,
        amount_fen=amount_fen,
        vat_fen=0,
    )
