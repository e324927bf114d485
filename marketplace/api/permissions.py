"""What a caller may do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.api.authentication import caller_of


class ActsForParticipant(BasePermission):
    """An organisation's own data; changing anything needs a key that trades."""

    message = _("This needs an organisation: use one of its API keys, or choose it on the pages.")
    code = "participant_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let members and their keys in; a reading key only reads."""
        caller = caller_of(request)
        if caller.participant is None:
            return False
        if request.method in SAFE_METHODS or getattr(view, "changes_nothing", False) or caller.can_trade:
            return True
        self.message = _("This API key may only read. Make one that may trade.")
        self.code = "read_only_key"
        return False


class ReadsDocuments(BasePermission):
    """An organisation's own documents, or everybody's for finance."""

    message = _("This needs an organisation's API key, or one of finance.")
    code = "participant_or_finance_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let members, finance and their keys in."""
        caller = caller_of(request)
        return caller.participant is not None or caller.is_finance


class BooksForFinance(BasePermission):
    """Finance staff who book, or a key of theirs that may do more than read."""

    message = _("This needs finance staff who book, or an API key of theirs that may trade.")
    code = "finance_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let in who acts for finance and may change something."""
        caller = caller_of(request)
        is_reading_key = request.auth is not None and not caller.can_trade
        return caller.is_finance and not is_reading_key and bool(getattr(request.user, "books", False))
