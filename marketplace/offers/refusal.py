"""What cannot be done about a provider's sites, curves, rules and maintenance: one base for all such errors."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from matching.refusal import Refusal


class UnableToOffer(Refusal):
    """Why something about a provider's offering is not done."""

    code = "unable_to_offer"


class NotYours(UnableToOffer):
    """There is none, or it is another provider's."""

    code = "not_found"
    sentence = _("There is no such thing of yours. Look it up in your list.")
