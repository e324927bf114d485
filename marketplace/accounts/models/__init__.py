"""Users, memberships, API keys, and what people set for themselves."""

from marketplace.accounts.models.api_key import ApiKey
from marketplace.accounts.models.membership import Membership
from marketplace.accounts.models.ticket_preset import TicketPreset
from marketplace.accounts.models.user import User
from marketplace.accounts.models.warning_limit import WarningLimit

__all__ = ["ApiKey", "Membership", "TicketPreset", "User", "WarningLimit"]
