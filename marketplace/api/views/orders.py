"""Orders: preview, place, look up, replace, cancel."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.filters import OrderFilter
from marketplace.api.permissions import ActsForParticipant
from marketplace.api.serializers.order import (
    MassCancelledSerializer,
    MassCancelSerializer,
    OrderRequestSerializer,
    OrderSerializer,
    PreviewSerializer,
    ReplaceSerializer,
    order_bodies,
    read_order_request,
)
from marketplace.api.views.base import View
from marketplace.placing import place_and_read
from marketplace.reading_orders import read_order
from marketplace.trading import TicketPreview, preview_order, replace_order
from matching.cancel import OrderNotFound, cancel_order, mass_cancel
from matching.entry import UnknownMarket
from matching.models import Market, Order, Site


class OwnOrders(View):
    """Views of the caller's own orders."""

    permission_classes = (ActsForParticipant,)

    def get_queryset(self) -> QuerySet[Order]:
        """Only the caller's."""
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        orders = Order.objects.filter(participant=self.participant).select_related("market", "site", "executed_site")
        return orders.prefetch_related("alternatives__market")

    def answer(self, order_id: int, status: int = 200) -> Response:
        """Answer the order as it stands; raises OrderNotFound."""
        return answer_with(self.find(order_id), status)

    def find(self, order_id: int) -> Order:
        """Read one of the caller's; raises OrderNotFound."""
        order = read_order(participant_id=self.participant.pk, order_id=order_id)
        if order is None:
            raise OrderNotFound
        return order


def answer_with(order: Order, status: int) -> Response:
    return Response(order_bodies().to_representation(order), status=status)


@extend_schema_view(get=extend_schema(summary="The caller's orders, newest first"))
class Orders(OwnOrders, ListAPIView[Order]):
    """The caller's orders; POST places one."""

    serializer_class = OrderSerializer
    filterset_class = OrderFilter

    @extend_schema(
        request=OrderRequestSerializer,
        responses={
            201: OpenApiResponse(OrderSerializer, "Accepted: its money or capacity is reserved, the matcher has it."),
            200: OpenApiResponse(OrderSerializer, "The same client_order_id and contents had been accepted before."),
        },
    )
    def post(self, request: Request) -> Response:
        """Place an order."""
        placed = place_and_read(request=read_order_request(request.data, self.participant), now=timezone.now())
        return answer_with(placed.order, status=201 if placed.is_new else 200)


class OneOrder(OwnOrders, GenericAPIView[Order]):
    """One of the caller's orders: look it up, replace it, cancel it."""

    serializer_class = OrderSerializer

    def get(self, request: Request, pk: str) -> Response:
        """One of the caller's orders."""
        return self.answer(int(pk))

    @extend_schema(request=ReplaceSerializer, responses={202: OrderSerializer})
    def patch(self, request: Request, pk: str) -> Response:
        """Give the order a new quantity, a new price, or both; what it needs in addition is reserved now, the matcher does it next.

        An hour that is only cut keeps its place in the book; a raise or a new price goes to the back. Where trades have overtaken a
        raise when the matcher reads it, the order stays as it is.
        """
        form = ReplaceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        replace_order(participant_id=self.participant.pk, order_id=int(pk), now=timezone.now(), **form.validated_data)
        return self.answer(int(pk), status=202)

    @extend_schema(responses={202: OrderSerializer})
    def delete(self, request: Request, pk: str) -> Response:
        """Cancel what is open of the order; what trades before the matcher reads this stays traded."""
        cancel_order(participant_id=self.participant.pk, order_id=int(pk), now=timezone.now())
        return self.answer(int(pk), status=202)


class CancelOrders(OwnOrders, GenericAPIView[Order]):
    """Cancel all of the caller's orders, in one market or in all."""

    serializer_class = MassCancelSerializer

    @extend_schema(request=MassCancelSerializer, responses={202: MassCancelledSerializer})
    def post(self, request: Request) -> Response:
        """Cancel everything that is open."""
        form = MassCancelSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        symbol: str | None = form.validated_data["market"]
        market_id = None
        if symbol is not None:
            market_id = Market.objects.filter(symbol=symbol).values_list("pk", flat=True).first()
            if market_id is None:
                raise UnknownMarket
        orders = mass_cancel(participant_id=self.participant.pk, market_id=market_id, now=timezone.now())
        return Response({"orders": orders}, status=202)


class PreviewOrder(OwnOrders, GenericAPIView[Order]):
    """What an order would do and cost."""

    serializer_class = OrderRequestSerializer
    changes_nothing = True

    @extend_schema(request=OrderRequestSerializer, responses=PreviewSerializer)
    def post(self, request: Request) -> Response:
        """What an order would do and cost. It is tried on a copy of the books; nothing is reserved or stored."""
        preview = preview_order(request=read_order_request(request.data, self.participant), now=timezone.now())
        return Response(PreviewSerializer(_preview_body(preview)).data)


def _preview_body(ticket: TicketPreview) -> dict[str, object]:
    sites = Site.objects.order_by().in_bulk({fill.site_id for fill in ticket.preview.fills})
    fills = [
        {
            "hour": fill.hour,
            "price_fen": fill.price_fen,
            "quantity": fill.quantity,
            "site": sites[fill.site_id].slug if fill.site_id in sites else None,
        }
        for fill in ticket.preview.fills
    ]
    return {
        "fills": fills,
        "start": ticket.preview.start,
        "alternative": ticket.preview.alternative,
        "accelerator_hours": ticket.preview.accelerator_hours,
        "value_fen": ticket.quote.value_fen,
        "fee_fen": ticket.quote.fee_fen,
        "vat_fen": ticket.quote.vat_fen,
        "total_fen": ticket.quote.total_fen,
        "hold_fen": ticket.hold_fen,
        "voucher_fen": ticket.voucher_fen,
        "available_fen": ticket.available_fen,
        "refused": ticket.error
        and {
            "code": ticket.error.code,
            "field": ticket.error.field,
            "detail": str(ticket.error),
        },
    }
