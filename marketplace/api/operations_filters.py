"""What operators' lists can be narrowed to."""

from __future__ import annotations

import django_filters as filters
from django.db.models import Q, QuerySet

from marketplace.api.filters import TrueOrFalseFilter
from marketplace.offers.models import SiteProfile
from matching.engine.dtypes import ContractState
from matching.models import Finding, Halt, Participant


class HaltFilter(filters.FilterSet):
    """By market, and whether they stand."""

    market = filters.CharFilter("market__symbol")
    stands = TrueOrFalseFilter(method="that_stand")

    class Meta:
        model = Halt
        fields = ()

    def that_stand(self, halts: QuerySet[Halt], name: str, stands: bool) -> QuerySet[Halt]:
        """Keep what is not over, or what is."""
        over = Q(state=ContractState.OPEN)
        return halts.exclude(over) if stands else halts.filter(over)


class ParticipantFilter(filters.FilterSet):
    """By a part of a name."""

    q = filters.CharFilter(method="named", label="A part of its name or slug")

    class Meta:
        model = Participant
        fields = ()

    def named(self, found: QuerySet[Participant], name: str, q: str) -> QuerySet[Participant]:
        """Keep those whose name fits."""
        return found.filter(Q(name__icontains=q) | Q(name_zh__icontains=q) | Q(slug__icontains=q))


class SiteRequestFilter(filters.FilterSet):
    """By state and provider."""

    state = filters.ChoiceFilter(choices=SiteProfile.State.choices)
    provider = filters.CharFilter("provider__slug")

    class Meta:
        model = SiteProfile
        fields = ()


class FindingFilter(filters.FilterSet):
    """By pattern, state, market and participant."""

    pattern = filters.ChoiceFilter(choices=Finding.Pattern.choices)
    state = filters.ChoiceFilter(choices=Finding.State.choices)
    market = filters.CharFilter("market__symbol")
    participant = filters.CharFilter("participant__slug")

    class Meta:
        model = Finding
        fields = ()
