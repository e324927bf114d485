"""A market's reference price and its band, as an operator sets them."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.web.fields import YuanField
from matching.halts import REASON_LENGTH_MAX
from matching.models import Market
from matching.references import BAND_BPS_MAX, set_reference
from matching.refusal import Refusal


class ReferenceForm(forms.Form):
    """The price, the band's width to either side, and why."""

    price_fen = YuanField(label=_("Reference price, ¥/acc-h"))
    band_bps = forms.IntegerField(label=_("Band, basis points"), min_value=1, max_value=BAND_BPS_MAX)
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH_MAX)

    def change(self, market: Market, *, by: str, now: datetime) -> bool:
        """Set it; where that cannot be done, the form says why and False is returned."""
        data = self.cleaned_data
        try:
            set_reference(
                market_id=market.pk,
                price_fen=data["price_fen"],
                band_bps=data["band_bps"],
                by=by,
                reason=data["reason"],
                now=now,
            )
        except Refusal as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
            return False
        return True
