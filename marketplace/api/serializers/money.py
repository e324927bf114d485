"""Balance, invoices and settlement lines; every amount is integer fen."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.credit_notes.net_lines import left_fen
from billing.einvoices.terms import has_e_invoice
from billing.models import Invoice, InvoiceLine, SettlementLine
from marketplace.api.fields import MomentOfHour


class BalanceSerializer(serializers.Serializer[Any]):
    """A participant's money."""

    available_fen = serializers.IntegerField(help_text="Free to spend or to hold, credit included.")
    held_fen = serializers.IntegerField(
        help_text="Set aside for open bids and for what was bought and is not delivered."
    )
    credit_fen = serializers.IntegerField(help_text="The limit of the credit in force; 0 for who prepays.")
    funds_fen = serializers.IntegerField(
        help_text="available_fen + held_fen - credit_fen; below 0 is owed for what was delivered."
    )
    payable_fen = serializers.IntegerField(help_text="Earned by delivered hours and not paid out yet.")


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One line of a document."""

    market = serializers.CharField(source="market.symbol", allow_null=True, default=None)

    class Meta:
        model = InvoiceLine
        fields = (
            "position", "market", "item", "item_zh", "specification", "specification_zh", "quantity", "amount_fen",
            "vat_fen",
        )  # fmt: skip


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """An issued document: a buyer's invoice, a provider's statement or fee invoice, or a note that corrects one.

    A note's amounts are positive: a credit note takes them off the document that it corrects, a debit note adds them.
    """

    participant = serializers.CharField(source="participant.slug")
    starts_at = MomentOfHour(source="start")
    ends_at = MomentOfHour(source="end")
    lines = InvoiceLineSerializer(many=True)
    fapiao_number = serializers.CharField(
        source="fapiao.number",
        allow_null=True,
        default=None,
        help_text="The tax platform's number, once it has given one.",
    )
    corrects = serializers.CharField(
        source="corrects.number", allow_null=True, default=None, help_text="Of a note: the number that it corrects."
    )
    notes = serializers.SerializerMethodField(help_text="Numbers of the notes that correct it, oldest first.")
    left_fen = serializers.SerializerMethodField(help_text="What it comes to with its notes; null on a note.")
    pdf = serializers.SerializerMethodField(help_text="Address of the PDF.")
    ubl = serializers.SerializerMethodField(help_text="Address of the e-invoice as UBL 2.1; a statement has none.")
    factur_x = serializers.SerializerMethodField(
        help_text="Address of the e-invoice as Factur-X; a statement has none."
    )

    class Meta:
        model = Invoice
        fields = (
            "number", "kind", "participant", "start", "starts_at", "end", "ends_at", "issued_at", "buyer", "seller",
            "net_fen", "vat_fen", "total_fen", "voucher_fen", "vat_rate_bps", "accelerator_hours", "check_code", "fapiao_number", "corrects",
            "cause", "reason", "notes", "left_fen", "lines", "pdf", "ubl", "factur_x",
        )  # fmt: skip

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_notes(self, invoice: Invoice) -> list[str]:
        """Name them by number."""
        return [note.number for note in sorted(invoice.notes.all(), key=lambda note: note.pk)]

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_left_fen(self, invoice: Invoice) -> int | None:
        """Reckon it from what was fetched."""
        return None if invoice.is_note else left_fen(invoice)

    @extend_schema_field(OpenApiTypes.URI)
    def get_pdf(self, invoice: Invoice) -> str:
        """Give the absolute address."""
        return self._address("pdf", invoice)

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_ubl(self, invoice: Invoice) -> str | None:
        """Give the absolute address, to an invoice."""
        return self._address("ubl", invoice) if has_e_invoice(invoice) else None

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_factur_x(self, invoice: Invoice) -> str | None:
        """Give the absolute address, to an invoice."""
        return self._address("factur-x", invoice) if has_e_invoice(invoice) else None

    def _address(self, name: str, invoice: Invoice) -> str:
        path = reverse(f"api:invoice-{name}", args=[invoice.number])
        return str(self.context["request"].build_absolute_uri(path))


class SettlementLineSerializer(serializers.ModelSerializer[SettlementLine]):
    """The delivered hours of one trade settled by one run: the atom of every report and invoice.

    A participant sees its own fee; the other party's fields are null. Finance sees both.
    """

    trade_id = serializers.IntegerField()
    run_id = serializers.IntegerField()
    market = serializers.CharField(source="trade.market.symbol")
    site = serializers.CharField(source="trade.site.slug")
    price_fen = serializers.IntegerField(source="trade.price_fen")
    quantity = serializers.IntegerField(source="trade.quantity")
    starts_at = MomentOfHour(source="start")
    buyer = serializers.SerializerMethodField()
    seller = serializers.SerializerMethodField()
    buyer_fee_fen = serializers.SerializerMethodField()
    seller_fee_fen = serializers.SerializerMethodField()

    class Meta:
        model = SettlementLine
        fields = (
            "id", "trade_id", "run_id", "market", "site", "start", "starts_at", "hours", "quantity", "price_fen",
            "accelerator_hours", "value_fen", "buyer", "seller", "buyer_fee_fen", "seller_fee_fen",
        )  # fmt: skip

    def get_buyer(self, line: SettlementLine) -> str | None:
        """Name the buyer to itself and to finance."""
        return line.trade.buyer.slug if self._sees(line.trade.buyer_id) else None

    def get_seller(self, line: SettlementLine) -> str | None:
        """Name the seller to itself and to finance."""
        return line.trade.seller.slug if self._sees(line.trade.seller_id) else None

    def get_buyer_fee_fen(self, line: SettlementLine) -> int | None:
        """Show the buyer's fee to itself and to finance."""
        return line.buyer_fee_fen if self._sees(line.trade.buyer_id) else None

    def get_seller_fee_fen(self, line: SettlementLine) -> int | None:
        """Show the seller's fee to itself and to finance."""
        return line.seller_fee_fen if self._sees(line.trade.seller_id) else None

    def _sees(self, participant_id: int) -> bool:
        own = self.context["participant_id"]
        return own is None or own == participant_id
