"""What a caller may do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from billing.reports.changes import CHANGES
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


class ReadsForFinance(BasePermission):
    """Finance staff, or a key of theirs; what is sent here changes nothing that finance keeps."""

    message = _("This needs finance staff, or one of their API keys.")
    code = "finance_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let in who acts for finance."""
        return caller_of(request).is_finance


class ReadsReports(BasePermission):
    """Finance staff, and operators for the audit trail; or a key of theirs."""

    message = _("This needs finance staff, or one of their API keys.")
    code = "finance_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let finance in, and operators where changes are meant."""
        caller = caller_of(request)
        return caller.is_finance or (caller.is_operator and view.kwargs.get("name") == CHANGES.name)


class BooksForFinance(BasePermission):
    """Finance staff; changing anything needs somebody who books, and a key of theirs that may."""

    message = _("This needs finance staff who book, or an API key of theirs that may.")
    code = "finance_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let finance read, and let in who may book."""
        caller = caller_of(request)
        return caller.books or (caller.is_finance and request.method in SAFE_METHODS)


class ApprovesForFinance(BasePermission):
    """Finance staff who approve, or a key of theirs that may; nobody approves what is their own."""

    message = _("This needs finance staff who approve, or an API key of theirs that may.")
    code = "approver_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let in who may agree to what others have prepared."""
        return caller_of(request).approves


class Operates(BasePermission):
    """Operators, or a key of theirs; changing anything needs one that may."""

    message = _(
        "This needs an operator of the exchange, or one of their API keys; to change something, a key that may."
    )
    code = "operator_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Let operators in; a reading key only reads."""
        caller = caller_of(request)
        return caller.operates or (caller.is_operator and request.method in SAFE_METHODS)
