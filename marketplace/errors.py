"""The named errors whose sentence is for the person who acts: pages and the API catch these and show `str(error)`."""

from __future__ import annotations

from billing.bank.booking import BookedByHand, LineNotOpen, UnableToBookLine
from billing.books.chart import ChartError
from billing.corrections.by_hand import CorrectionAlreadyAsked, CorrectionDecided, UnableToCorrect
from billing.credit.limits import LimitAskedAlready, LimitDecided, UnableToSetLimit
from billing.credit_notes.by_finance import DocumentChanged, UnableToCredit
from billing.delivery.access import UnableToHandOver
from billing.delivery.disputes import DisputeResolved, UnableToDispute
from billing.delivery.readings import UnableToRecord
from billing.dunning.levels import NothingToDun, UnableToHoldDunning
from billing.dunning.write_offs import UnableToWriteOff, WriteOffAskedAlready, WriteOffDecided
from billing.exports.jobs import UnableToMakeFile
from billing.funds import BankReferenceBooked, UnableToDeposit
from billing.holds import UnableToHold
from billing.month_close import MonthAlreadyClosed, UnableToClose
from billing.months.closing import CloseAlreadyAsked
from billing.payments.top_ups import TopUpKeyReused
from billing.payouts.answers import BankReferenceUsed, PayoutNotOut
from billing.payouts.batches import BatchNotInState
from billing.payouts.refusal import UnableToPayOut
from billing.sheets import SheetError
from billing.subscriptions.subscribing import UnableToSubscribe
from billing.versions import UnableToVersion, VersionDecided
from billing.vouchers.programmes import ProgrammeNotInState, SponsorReferenceBooked, UnableToSubsidise
from marketplace.accounts.presets import UnableToKeepPreset
from marketplace.offers.refusal import UnableToOffer
from matching.cancel import OrderAlreadyGone, UnableToCancelOrder
from matching.entry import ClientOrderIdConflict, UnableToPlaceOrder
from matching.halts import HaltIsOver, IsCollecting, UnableToRule
from matching.opening import MarketExists, UnableToOpenMarket
from matching.replace import UnableToReplaceOrder
from matching.surveillance.scan import FindingHasChanged, UnableToDecide

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
"""The same, for `except`: what those who trade meet."""

StaffError = (
    UnableToBookLine
    | ChartError
    | UnableToClose
    | UnableToCorrect
    | UnableToDecide
    | UnableToDeposit
    | UnableToHoldDunning
    | UnableToKeepPreset
    | UnableToMakeFile
    | UnableToOpenMarket
    | UnableToPayOut
    | UnableToRule
    | UnableToSetLimit
    | UnableToSubscribe
    | UnableToSubsidise
    | UnableToVersion
    | UnableToWriteOff
    | SheetError
)

STAFF_ERRORS = (
    UnableToBookLine,
    ChartError,
    UnableToClose,
    UnableToCorrect,
    UnableToDecide,
    UnableToDeposit,
    UnableToHoldDunning,
    UnableToKeepPreset,
    UnableToMakeFile,
    UnableToOpenMarket,
    UnableToPayOut,
    UnableToRule,
    UnableToSetLimit,
    UnableToSubscribe,
    UnableToSubsidise,
    UnableToVersion,
    UnableToWriteOff,
    SheetError,
)
"""What finance, operators and whoever keeps an account meet besides."""

CHANGED_MEANWHILE = (
    BankReferenceBooked,
    BankReferenceUsed,
    BatchNotInState,
    BookedByHand,
    ClientOrderIdConflict,
    CloseAlreadyAsked,
    CorrectionAlreadyAsked,
    CorrectionDecided,
    DisputeResolved,
    DocumentChanged,
    FindingHasChanged,
    HaltIsOver,
    IsCollecting,
    LimitAskedAlready,
    LimitDecided,
    LineNotOpen,
    MarketExists,
    MonthAlreadyClosed,
    NothingToDun,
    OrderAlreadyGone,
    PayoutNotOut,
    ProgrammeNotInState,
    SponsorReferenceBooked,
    TopUpKeyReused,
    VersionDecided,
    WriteOffAskedAlready,
    WriteOffDecided,
)
"""Those among them that say: somebody was there before; look again. The API answers 409."""
