"""Who calls: a program with a key, or a person signed in to the pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.accounts.acting import Role, acting_of
from marketplace.accounts.keys import find_api_key
from marketplace.accounts.models import ApiKey, User
from matching.models import Participant


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a request acts; finance has no participant, a visitor has neither."""

    participant: Participant | None
    is_finance: bool
    can_trade: bool


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_...`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Find the key's user; None without the header, AuthenticationFailed for a key that does not work."""
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if parts[0].lower() != b"bearer" or len(parts) != 2:
            raise AuthenticationFailed(_("Send the key as: Authorization: Bearer sk_..."), code="malformed_key")
        key = find_api_key(parts[1].decode("latin-1"))
        if key is None:
            raise AuthenticationFailed(
                _("This API key is unknown or has been revoked. Make a new one under your account."), code="unknown_key"
            )
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Say in a 401 how to authenticate."""
        return 'Bearer realm="Suanshi"'


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the key in the OpenAPI schema."""

    target_class = ApiKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Name the scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of one organisation, or of finance. It reads, or reads and trades.",
        }


AUTHENTICATION = (ApiKeyAuthentication, SessionAuthentication)


def caller_of(request: Request) -> Caller:
    """Say for whom the request acts; a person acts as chosen on the pages."""
    if isinstance(request.auth, ApiKey):
        key = request.auth
        return Caller(participant=key.participant, is_finance=key.participant is None, can_trade=key.can_trade)
    if not request.user.is_authenticated:
        return Caller(participant=None, is_finance=False, can_trade=False)
    acting = acting_of(request._request)
    return Caller(
        participant=acting.participant,
        is_finance=acting.role == Role.FINANCE,
        can_trade=acting.participant is not None,
    )
