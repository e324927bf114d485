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
    """For whom a request acts and how far; a visitor acts for nobody, a person on the pages may be in finance and operate too."""

    participant: Participant | None = None
    can_trade: bool = False  # and all else that members of the organisation do
    is_finance: bool = False
    books: bool = False
    approves: bool = False  # what somebody else has prepared
    is_operator: bool = False
    operates: bool = False  # does more than look


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
            "description": "An API key of one organisation, of finance or of operations. It reads, changes too, or approves too.",
        }


AUTHENTICATION = (ApiKeyAuthentication, SessionAuthentication)


def caller_of(request: Request) -> Caller:
    """Say for whom the request acts: a program as its key allows and its person may now, a person as chosen on the pages."""
    if isinstance(request.auth, ApiKey):
        return _of_key(request.auth)
    if not request.user.is_authenticated:
        return Caller()
    user = request.user
    acting = acting_of(request._request)
    is_finance = acting.role == Role.FINANCE
    return Caller(
        participant=acting.participant,
        can_trade=acting.participant is not None,
        is_finance=is_finance,
        books=is_finance and user.books,
        approves=is_finance and user.approves,
        is_operator=user.is_staff,
        operates=user.is_staff,
    )


def _of_key(key: ApiKey) -> Caller:
    is_finance, is_operator = (key.acts_for == role for role in (ApiKey.ActsFor.FINANCE, ApiKey.ActsFor.OPERATIONS))
    changes = key.may != ApiKey.May.READ
    return Caller(
        participant=key.participant,
        can_trade=changes and key.participant is not None,
        is_finance=is_finance,
        books=is_finance and changes and key.user.books,
        approves=is_finance and key.may == ApiKey.May.APPROVE and key.user.approves,
        is_operator=is_operator,
        operates=is_operator and changes,
    )
