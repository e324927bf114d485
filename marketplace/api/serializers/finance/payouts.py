"""What providers are owed, and the batches in which it is paid out; amounts in integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.models import Account, Payout, PayoutBatch
from billing.payouts.answers import Answer
from billing.payouts.batches import MINIMUM_FEN
from marketplace.api.fields import Text
from marketplace.api.serializers.finance.transfers import Fen


class PayableSerializer(serializers.ModelSerializer[Account]):
    """What a provider is owed now, beyond what a batch has reserved."""

    participant = serializers.CharField(source="participant.slug")
    owed_fen = serializers.IntegerField()
    has_bank_account = serializers.SerializerMethodField(help_text="Without one it is not paid.")

    class Meta:
        model = Account
        fields = ("participant", "owed_fen", "has_bank_account")

    def get_has_bank_account(self, account: Account) -> bool:
        """Say whether there is where to pay to."""
        return account.participant is not None and bool(account.participant.bank_account)


class PayoutBatchSerializer(serializers.ModelSerializer[PayoutBatch]):
    """A batch: who prepared and who approved it, and what the bank has answered so far."""

    count = serializers.IntegerField(help_text="Payouts in it.")
    amount_fen = serializers.IntegerField()
    paid_fen = serializers.IntegerField()
    back_fen = serializers.IntegerField(help_text="Not taken by the bank, or sent back.")
    unanswered = serializers.IntegerField()

    class Meta:
        model = PayoutBatch
        fields = (
            "id", "state", "minimum_fen", "count", "amount_fen", "paid_fen", "back_fen", "unanswered", "prepared_by",
            "prepared_at", "approved_by", "approved_at", "sent_by", "sent_at",
        )  # fmt: skip


class NewBatchSerializer(serializers.Serializer[Any]):
    """From which amount on providers are paid."""

    minimum_fen = Fen(default=MINIMUM_FEN)


class PayoutSerializer(serializers.ModelSerializer[Payout]):
    """What one provider is paid in a batch."""

    participant = serializers.CharField(source="participant.slug")

    class Meta:
        model = Payout
        fields = (
            "id", "batch_id", "participant", "amount_fen", "payee", "bank_account", "state", "bank_reference", "reason", "ended_at",
        )  # fmt: skip


class AnswerSerializer(serializers.Serializer[Any]):
    """What the bank answered."""

    answer = serializers.ChoiceField(choices=[answer.value for answer in Answer])
    text = Text(max_length=300, help_text="The bank's number of the payment where it is paid, else its reason.")

    def validate_answer(self, value: str) -> Answer:
        """Turn the word into its answer."""
        return Answer(value)
