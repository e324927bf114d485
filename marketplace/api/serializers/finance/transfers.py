"""Transfers of the ledger, corrections of them, and deposits that finance books; amounts in integer fen."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.corrections.by_hand import REASON_MAX, left_of, why_not
from billing.models import Account, Correction, Transfer
from marketplace.api.fields import Text, WholeNumber

FEN_MAX = 10**14
"""A thousand billion yuan: more than anybody moves, and well within what the ledger can add up."""


class Fen(WholeNumber):
    """An amount in fen, above 0 unless it says otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": FEN_MAX, **kwargs})


class AccountSerializer(serializers.ModelSerializer[Account]):
    """An account by its kind and owner; null is the exchange."""

    participant = serializers.CharField(source="participant.slug", allow_null=True, default=None)

    class Meta:
        model = Account
        fields = ("kind", "participant")


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    """A move of money between two accounts; it is never edited."""

    debit = AccountSerializer(source="debit_account")
    credit = AccountSerializer(source="credit_account")

    class Meta:
        model = Transfer
        fields = (
            "id", "code", "phase", "amount_fen", "debit", "credit", "at", "trade_id", "order_id", "run_id", "pending_id",
            "corrects_id", "key",
        )  # fmt: skip
        extra_kwargs = {name: {"read_only": True} for name in ("trade_id", "order_id", "run_id", "pending_id")}


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    """A request to take a posted transfer back, and who decided about it."""

    class Meta:
        model = Correction
        fields = (
            "id", "transfer_id", "amount_fen", "reason", "state", "asked_by", "asked_at", "decided_by", "decided_at", "posted_id",
        )  # fmt: skip


class OneTransferSerializer(TransferSerializer):
    """A transfer with what of it can be taken back by hand."""

    left_fen = serializers.SerializerMethodField(
        help_text="What can still be taken back; null where nothing can by hand."
    )
    why_not = serializers.SerializerMethodField(help_text="Why it cannot be corrected by hand, in a sentence.")
    corrections = CorrectionSerializer(source="correction_requests", many=True)
    ended_by_id = serializers.SerializerMethodField(help_text="The transfer that posted or voided this pending one.")

    class Meta(TransferSerializer.Meta):
        fields = (*TransferSerializer.Meta.fields, "ended_by_id", "left_fen", "why_not", "corrections")  # type: ignore[assignment]

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_ended_by_id(self, transfer: Transfer) -> int | None:
        """Look for it where there can be one."""
        if transfer.phase != Transfer.Phase.PENDING:
            return None
        return transfer.resolutions.values_list("pk", flat=True).first()

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_left_fen(self, transfer: Transfer) -> int | None:
        """Add up what corrections have left."""
        return None if why_not(transfer) else left_of(transfer)

    @extend_schema_field({"type": "string", "nullable": True})
    def get_why_not(self, transfer: Transfer) -> str | None:
        """Say it as the page does."""
        error = why_not(transfer)
        return None if error is None else str(error)


class NewCorrectionSerializer(serializers.Serializer[Any]):
    """How much is taken back, and why."""

    amount_fen = Fen()
    reason = Text(max_length=REASON_MAX)


class NewDepositSerializer(serializers.Serializer[Any]):
    """A transfer as the bank's statement shows it."""

    participant = Text(max_length=80)
    amount_fen = Fen()
    reference = Text(max_length=100, help_text="The bank's number of the transfer. It can be booked once.")
