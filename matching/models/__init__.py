"""Every stored concept of matching, one file each."""

from matching.models.alternative import Alternative
from matching.models.archived_month import ArchivedMonth
from matching.models.book_level import BookLevel
from matching.models.candle import Candle
from matching.models.change import Change
from matching.models.clock_mark import ClockMark
from matching.models.command import Command
from matching.models.compute_class import ComputeClass
from matching.models.contract import Contract
from matching.models.contract_ruling import ContractRuling
from matching.models.event_number import EventNumber
from matching.models.finding import Finding
from matching.models.halt import Halt, HaltStep
from matching.models.holding import Holding
from matching.models.hub import Hub
from matching.models.lease import Lease, LeaseHolder
from matching.models.market import Market
from matching.models.market_event import MarketEvent
from matching.models.order import Order
from matching.models.order_event import OrderEvent
from matching.models.participant import Participant
from matching.models.participant_limit import ParticipantLimit
from matching.models.price_watch import PricePoint, PriceWatch
from matching.models.reference import Reference
from matching.models.site import Site
from matching.models.trade import Trade

__all__ = [
    "Alternative",
    "ArchivedMonth",
    "BookLevel",
    "Candle",
    "Change",
    "ClockMark",
    "Command",
    "ComputeClass",
    "Contract",
    "ContractRuling",
    "EventNumber",
    "Finding",
    "Halt",
    "HaltStep",
    "Holding",
    "Hub",
    "Lease",
    "LeaseHolder",
    "Market",
    "MarketEvent",
    "Order",
    "OrderEvent",
    "Participant",
    "ParticipantLimit",
    "PricePoint",
    "PriceWatch",
    "Reference",
    "Site",
    "Trade",
]
