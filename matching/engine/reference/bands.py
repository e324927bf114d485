"""A market's protection band: the prices at which its contracts may trade."""

from typing import NamedTuple

from matching.engine.bounds import PRICE_FEN_MAX


class Band(NamedTuple):
    """Prices from `reference - half_width` to `reference + half_width` fen; without a half width, every price."""

    reference: int | None = None
    half_width: int | None = None

    @property
    def lowest(self) -> int:
        return 1 if self.reference is None or self.half_width is None else self.reference - self.half_width

    @property
    def highest(self) -> int:
        return PRICE_FEN_MAX if self.reference is None or self.half_width is None else self.reference + self.half_width

    def allows(self, price: int) -> bool:
        return self.lowest <= price <= self.highest


NO_BAND = Band()
