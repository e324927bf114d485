"""The bank's statements and lines, what a line probably is, and what it is booked as."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.bank.suggesting import BookAs
from billing.models import BankLine, BankStatement
from marketplace.api.fields import Text, WholeNumber

TARGETS = {
    BookAs.DEPOSIT: "participant",
    BookAs.INVOICE: "invoice",
    BookAs.PAYOUT_PAID: "payout",
    BookAs.PAYOUT_RETURNED: "payout",
}
"""Which field names what a line is booked to."""


class StatementSerializer(serializers.ModelSerializer[BankStatement]):
    """A statement as it was imported."""

    class Meta:
        model = BankStatement
        fields = ("id", "file_name", "opening_fen", "closing_fen", "closing_on", "imported_by", "imported_at")


class UploadSerializer(serializers.Serializer[Any]):
    """A file, sent as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True)


class ImportedSerializer(serializers.Serializer[Any]):
    """What a file brought."""

    stored = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Were there before and are left alone.")


class SuggestionSerializer(serializers.Serializer[Any]):
    """What a line probably is; sent to `book` as it is."""

    book_as = serializers.ChoiceField(choices=[book_as.value for book_as in BookAs])
    participant = serializers.CharField(allow_null=True)
    invoice = serializers.CharField(allow_null=True)
    payout = serializers.IntegerField(allow_null=True)
    why = serializers.CharField()


class BankLineSerializer(serializers.ModelSerializer[BankLine]):
    """A movement of the bank account; above 0 it came in."""

    suggestion = serializers.SerializerMethodField(help_text="Of an open line in the list.")

    class Meta:
        model = BankLine
        fields = (
            "id", "statement_id", "reference", "booked_on", "amount_fen", "counterparty", "counterparty_account", "text", "state",
            "transfer_id", "payout_id", "note", "handled_by", "handled_at", "suggestion",
        )  # fmt: skip

    @extend_schema_field(SuggestionSerializer(allow_null=True))
    def get_suggestion(self, line: BankLine) -> dict[str, Any] | None:
        """Take it from what was found for the whole page."""
        found: dict[str, Any] | None = self.context.get("suggestions", {}).get(line.pk)
        return found


class BookLineSerializer(serializers.Serializer[Any]):
    """What a line is: a deposit of a participant, the payment of an invoice, or the bank's answer to a payout."""

    book_as = serializers.ChoiceField(choices=[book_as.value for book_as in BookAs])
    participant = Text(required=False, allow_null=True, max_length=80)
    invoice = Text(required=False, allow_null=True, max_length=24)
    payout = WholeNumber(required=False, allow_null=True)
    why = Text(required=False, allow_null=True, help_text="Not read: a suggestion may be sent as it came.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for the one thing that it is booked to."""
        book_as = BookAs(attrs["book_as"])
        name = TARGETS[book_as]
        if attrs.get(name) is None:
            raise serializers.ValidationError({name: [_("Say what the line is booked to.")]})
        return {"book_as": book_as, name: attrs[name]}


class SetAsideSerializer(serializers.Serializer[Any]):
    """What a line is that is none of our participants'."""

    note = Text(max_length=300)
