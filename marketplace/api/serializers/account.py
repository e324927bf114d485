"""An organisation's facts and top-ups, its statement, and what a person keeps for itself; amounts in integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.models import TopUp
from billing.payments.top_ups import AMOUNT_FEN_MAX
from marketplace.accounts.models import TicketPreset, WarningLimit
from marketplace.accounts.presets import QUERY_LENGTH_MAX
from marketplace.accounts.profile import FACTS
from marketplace.api.fields import DayField, Text, WholeNumber
from matching.models import Participant

HOURS_MAX = 10**12
PERCENT_MAX = 10_000


class OrganisationSerializer(serializers.ModelSerializer[Participant]):
    """The caller's organisation; its documents copy these facts when they are issued."""

    class Meta:
        model = Participant
        fields = ("slug", "buys", "provides", *FACTS)


class FactsSerializer(serializers.Serializer[Any]):
    """What is said of an organisation; what is left out stays."""

    name = Text(required=False, max_length=120)
    name_zh = Text(required=False, allow_blank=True, max_length=120)
    legal_name = Text(required=False, allow_blank=True, max_length=200)
    tax_id = Text(required=False, allow_blank=True, max_length=40)
    address = Text(required=False, allow_blank=True, max_length=300)
    bank_account = Text(required=False, allow_blank=True, max_length=120)


class TopUpSerializer(serializers.ModelSerializer[TopUp]):
    """One payment into the organisation's funds; it is paid on `page_url` while it is open."""

    class Meta:
        model = TopUp
        fields = (
            "id", "key", "amount_fen", "state", "method", "page_url", "transfer_id", "started_at", "expires_at", "ended_at",
        )  # fmt: skip


class NewTopUpSerializer(serializers.Serializer[Any]):
    """How much; the same `key` again is the same payment."""

    amount_fen = WholeNumber(min_value=1, max_value=AMOUNT_FEN_MAX * 10)
    key = Text(max_length=64)


class StatementQuerySerializer(serializers.Serializer[Any]):
    """Of which account, and up to which day."""

    account = serializers.ChoiceField(["funds", "payable"], default="funds", help_text="payable: what was earned.")
    before = DayField(required=False, allow_null=True, default=None, help_text="Days before this one (Beijing).")


class StatementLineSerializer(serializers.Serializer[Any]):
    """The movements of one kind on one Beijing day."""

    day = serializers.DateField()
    code = serializers.CharField()
    text = serializers.CharField(help_text="What moved, in words.")
    moves = serializers.IntegerField()
    amount_fen = serializers.IntegerField(help_text="Above 0: came in.")
    balance_fen = serializers.IntegerField(help_text="After it.")


class AccountStatementSerializer(serializers.Serializer[Any]):
    """The newest days of an account."""

    account = serializers.CharField()
    lines = StatementLineSerializer(many=True)
    next = serializers.DateField(allow_null=True, help_text="`before` of the days before these; null on the last page.")


class PresetSerializer(serializers.ModelSerializer[TicketPreset]):
    """A job that the caller's person keeps under a name, as the query of the ticket's address."""

    class Meta:
        model = TicketPreset
        fields = ("id", "name", "query")


class NewPresetSerializer(serializers.Serializer[Any]):
    """A job to keep; its start and times belong to the moment and are left out."""

    name = Text(max_length=40)
    query = Text(max_length=QUERY_LENGTH_MAX, help_text="compute_class=A100-SXM4-80G&accelerators=8&hours=24")


class WarningLimitSerializer(serializers.ModelSerializer[WarningLimit]):
    """Beyond which orders the pages ask the caller's person twice; null: never for that reason."""

    value_fen = WholeNumber(min_value=1, max_value=HOURS_MAX, allow_null=True, required=False)
    accelerator_hours = WholeNumber(min_value=1, max_value=HOURS_MAX, allow_null=True, required=False)
    off_reference_percent = WholeNumber(min_value=1, max_value=PERCENT_MAX, allow_null=True, required=False)

    class Meta:
        model = WarningLimit
        fields = ("value_fen", "accelerator_hours", "off_reference_percent")
