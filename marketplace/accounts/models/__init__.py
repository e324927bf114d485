"""Users, memberships and API keys."""

from marketplace.accounts.models.api_key import ApiKey
from marketplace.accounts.models.membership import Membership
from marketplace.accounts.models.user import User

__all__ = ["ApiKey", "Membership", "User"]
