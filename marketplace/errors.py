"""The named errors whose sentence is for the person who acts: pages and the API catch these and show `str(error)`."""

from __future__ import annotations

from billing.credit_notes.by_finance import UnableToCredit
from billing.delivery.access import UnableToHandOver
from billing.delivery.disputes import UnableToDispute
from billing.delivery.readings import UnableToRecord
from billing.holds import UnableToHold
from marketplace.offers.refusal import UnableToOffer
from matching.cancel import UnableToCancelOrder
from matching.entry import UnableToPlaceOrder
from matching.replace import UnableToReplaceOrder

PersonError = (
    UnableToPlaceOrder
    | UnableToReplaceOrder
    | UnableToCancelOrder
    | UnableToHold
    | UnableToRecord
    | UnableToDispute
    | UnableToOffer
    | UnableToHandOver
    | UnableToCredit
)
"""Each has `code` (snake_case, stable), `field` (the input at fault, or None) and a full sentence as its text."""

PERSON_ERRORS = (
    UnableToPlaceOrder,
    UnableToReplaceOrder,
    UnableToCancelOrder,
    UnableToHold,
    UnableToRecord,
    UnableToDispute,
    UnableToOffer,
    UnableToHandOver,
    UnableToCredit,
)
"""The same, for `except`."""
