"""Jobs that a person keeps under a name."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import TicketPreset, User
from matching.refusal import Refusal

PRESETS_MAX = 20
QUERY_LENGTH_MAX = 1000
KEPT = (
    "compute_class",
    "hub",
    "kind",
    "accelerators",
    "hours",
    "flexibility",
    "placement",
    "price",
    "limit",
    "display",
)
"""What is kept of a ticket's address; start and times belong to the moment."""


class UnableToKeepPreset(Refusal):
    """Why a preset is not kept."""

    code = "unable_to_keep_preset"


class TooManyPresets(UnableToKeepPreset):
    code = "too_many_presets"
    sentence = _("There are %(n)s presets already. Delete one first.")


def save_preset(*, user: User, name: str, query: str) -> TicketPreset:
    """Keep what KEPT says of a ticket's address under a name; the same name again replaces it. Raises TooManyPresets."""
    others = TicketPreset.objects.filter(user=user).exclude(name=name).count()
    if others >= PRESETS_MAX:
        raise TooManyPresets(n=others)
    given, kept = QueryDict(query), QueryDict(mutable=True)
    kept.update({key: given[key] for key in KEPT if given.get(key)})
    values = {"query": kept.urlencode()[:QUERY_LENGTH_MAX]}
    preset, _is_new = TicketPreset.objects.update_or_create(user=user, name=name, defaults=values)
    return preset
