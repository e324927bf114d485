"""What an operator says when opening a market or changing its terms."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.web.fields import YuanField
from matching.halts import REASON_LENGTH_MAX
from matching.models import ComputeClass, Hub, Market
from matching.opening import BOUNDS, ChangingTerms, FixedTerms, UnableToOpenMarket, change_terms, open_market
from matching.refusal import Refusal


def _whole(name: str, label: Any, help_text: Any = "", *, required: bool = True) -> forms.IntegerField:
    low, high = BOUNDS[name]
    return forms.IntegerField(label=label, min_value=low, max_value=high, help_text=help_text, required=required)


class TermsForm(forms.Form):
    """The terms that may change while a market trades."""

    horizon_hours = _whole("horizon_hours", _("Orders reach ahead, hours"))
    open_blocks_max = _whole("open_blocks_max", _("Open blocks, at most"), _("For each participant."))
    breaker_bps = _whole(
        "breaker_bps",
        _("Breaker, basis points"),
        _("A contract halts when its price moves further. Empty: never."),
        required=False,
    )
    breaker_minutes = _whole("breaker_minutes", _("within, minutes"))
    breaker_halt_minutes = _whole("breaker_halt_minutes", _("Halted for, minutes"))
    breaker_collect_minutes = _whole("breaker_collect_minutes", _("Then collects orders, minutes"))

    @property
    def changing(self) -> ChangingTerms:
        """What was entered."""
        return ChangingTerms(**{field.name: self.cleaned_data[field.name] for field in fields(ChangingTerms)})

    def refuse(self, error: Refusal) -> None:
        """Show why it was not done beside the field at fault."""
        self.add_error(error.field if error.field in self.fields else None, str(error))


class ChangeTermsForm(TermsForm):
    """The same, and why."""

    reason = forms.CharField(label=_("Reason"), max_length=REASON_LENGTH_MAX)

    def change(self, market: Market, *, by: str, now: datetime) -> bool:
        """Change the market's terms; where that cannot be done, the form says why and False is returned."""
        try:
            change_terms(
                market_id=market.pk, changing=self.changing, by=by, reason=self.cleaned_data["reason"], now=now
            )
        except Refusal as error:
            self.refuse(error)
            return False
        return True


class OpenMarketForm(TermsForm):
    """Which class in which hub, and all its terms."""

    field_order = ("compute_class", "hub", "lot", "tick_fen", "lead_hours")

    compute_class = forms.ModelChoiceField(ComputeClass.objects.all(), label=_("Class"), to_field_name="slug")
    hub = forms.ModelChoiceField(Hub.objects.all(), label=_("Hub"), to_field_name="slug")
    lot = _whole("lot", _("Lot, accelerators"), _("Orders are of whole lots. Cannot be changed later."))
    tick_fen = YuanField(label=_("Tick, ¥"), help_text=_("Prices step by it. Cannot be changed later."))
    lead_hours = _whole("lead_hours", _("Gate closes before the hour, hours"), _("Cannot be changed later."))

    def open(self, *, by: str, now: datetime) -> Market | None:
        """Open it; where that cannot be done, the form says why and None is returned."""
        data = self.cleaned_data
        fixed = FixedTerms(lot=data["lot"], tick_fen=data["tick_fen"], lead_hours=data["lead_hours"])
        try:
            return open_market(
                compute_class=data["compute_class"],
                hub=data["hub"],
                fixed=fixed,
                changing=self.changing,
                by=by,
                now=now,
            )
        except UnableToOpenMarket as error:
            self.refuse(error)
            return None
