"""Form fields in the exchange's units: prices typed in yuan become fen, times become delivery hours."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.web.templatetags.names import named
from matching.hours import hour_of, moment_of

FEN_PER_YUAN = 100


class YuanField(forms.DecimalField):
    """Typed in yuan with at most two decimals; cleans to integer fen."""

    default_error_messages = {"max_decimal_places": _("Amounts step by 0.01.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": Decimal("0.01"), "decimal_places": 2, "max_digits": 12, **kwargs})
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        """Integer fen, or None where it may be left empty."""
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * FEN_PER_YUAN)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what was typed with integer fen."""
        return super().has_changed(Decimal(initial) / FEN_PER_YUAN if isinstance(initial, int) else initial, data)

    def prepare_value(self, value: Any) -> Any:
        """Show integer fen as yuan."""
        return f"{value // FEN_PER_YUAN}.{value % FEN_PER_YUAN:02}" if isinstance(value, int) else value


class SiteChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Sites by their name in the page's language, with class and hub."""

    def label_from_instance(self, obj: Any) -> str:
        """`Wuhu-1 · A100-SXM4-80G`."""
        return f"{named(obj)} · {obj.market.compute_class.slug}"


class HourInput(forms.DateTimeInput):
    """The browser's own date and time picker, in whole hours."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": 3600}, format="%Y-%m-%dT%H:%M")


class HourField(forms.DateTimeField):
    """A moment in the person's zone at a full hour; cleans to the delivery hour that starts there."""

    widget = HourInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs})

    def clean(self, value: Any) -> int | None:
        """Hours since 1970-01-01T00Z, or None where it may be left empty."""
        moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        hour = hour_of(moment)
        if moment_of(hour) != moment:
            raise forms.ValidationError(_("Delivery hours start at the full hour. Choose minutes 00."), code="hour")
        return hour

    def prepare_value(self, value: Any) -> Any:
        """Show a delivery hour as a moment in the person's zone."""
        return timezone.localtime(moment_of(value)).replace(tzinfo=None) if isinstance(value, int) else value
