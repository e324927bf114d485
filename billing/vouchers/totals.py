"""What vouchers have paid for delivery hours, by participant."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Sum

from billing.models import VoucherUse


def paid_fen_by_participant(*, participant_ids: Iterable[int], start: int, end: int) -> dict[int, int]:
    """Return what vouchers have paid of hours `[start, end)`, whole Beijing days, less what has come back, in fen."""
    uses = VoucherUse.objects.filter(voucher__participant_id__in=participant_ids, day__gte=start, day__lt=end)
    return dict(uses.order_by().values_list("voucher__participant_id").annotate(Sum("amount_fen")))
