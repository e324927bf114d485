"""The ticket's "or instead": up to three rows, each another market, start or limit that the job would take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from marketplace.web.fields import YuanField
from matching.engine.bounds import ALTERNATIVES_MAX, FLEXIBILITY_MAX, START_MAX
from matching.models import Market
from matching.rules import AlternativeRequest

ROWS = 3
"""More are for programs, which name up to seven."""


class InsteadForm(forms.Form):
    """One row; without a market it says nothing, what else is left out is the job's own."""

    market = forms.CharField(required=False)
    start = forms.IntegerField(label=_("Earliest start"), required=False, min_value=0, max_value=START_MAX)
    flexibility = forms.IntegerField(label=_("Latest start"), required=False, min_value=0, max_value=FLEXIBILITY_MAX)
    limit = YuanField(label=_("Limit"), required=False)


def instead_rows(data: Mapping[str, str]) -> list[InsteadForm]:
    """The rows as they were typed."""
    return [InsteadForm(data, prefix=f"instead-{number}") for number in range(1, ROWS + 1)]


def alternatives_of(
    rows: Iterable[InsteadForm], markets: Sequence[Market], *, start: int, flexibility: int, limit_fen: int
) -> tuple[AlternativeRequest, ...]:
    """What valid rows mean for a job with this start, flexibility and limit."""
    by_symbol = {market.symbol: market.pk for market in markets}
    typed = [row.cleaned_data for row in rows if row.is_valid()]
    return tuple(
        AlternativeRequest(
            market_id=by_symbol[data["market"]],
            start=start if data["start"] is None else data["start"],
            start_flexibility=flexibility if data["flexibility"] is None else data["flexibility"],
            price_fen=data["limit"] or limit_fen,
        )
        for data in typed
        if data["market"] in by_symbol
    )


def written(alternatives: Iterable[AlternativeRequest]) -> str:
    """Write alternatives into one hidden field: `market:start:flexibility:price_fen` each."""
    return ",".join(f"{a.market_id}:{a.start}:{a.start_flexibility}:{a.price_fen}" for a in alternatives)


class AlternativesField(forms.RegexField):
    """Reads what `written` wrote; the market's rules are checked where the order is placed."""

    def __init__(self, **kwargs: Any) -> None:
        one = r"\d{1,9}:\d{1,8}:\d{1,3}:\d{1,8}"
        super().__init__(regex=rf"^({one}(,{one}){{0,{ALTERNATIVES_MAX - 1}}})?$", required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return a tuple of AlternativeRequest."""
        text = super().clean(value)
        if not isinstance(text, str):
            raise ValidationError(self.error_messages["invalid"])
        numbers = [[int(number) for number in each.split(":")] for each in text.split(",") if each]
        return tuple(
            AlternativeRequest(market_id=market, start=start, start_flexibility=flexibility, price_fen=price_fen)
            for market, start, flexibility, price_fen in numbers
        )
