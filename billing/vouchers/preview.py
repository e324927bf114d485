"""What vouchers will pay of an order, as things stand: behind what its buyer has bought already, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db import connection

from billing.models import Voucher, VoucherProgramme, VoucherRate
from billing.models.settlement_run import SETTLED_UNTIL_SQL
from billing.period import DAY_SQL, day_of
from billing.vouchers.cover import Part, Room, cover
from billing.vouchers.paying import pays_on
from matching.models import Market

# What is bought and not settled yet will be paid for first, by class and day.
_UNSETTLED = f"""
SELECT m.compute_class_id, day, sum(o.price_fen::bigint * o.quantity
    * (least(day + 24, o.start + o.hours) - greatest(day, o.settled_until)))::bigint
FROM billing_obligation o JOIN matching_market m ON m.id = o.market_id
CROSS JOIN LATERAL generate_series({DAY_SQL.format(hour="o.settled_until")}, o.start + o.hours - 1, 24) AS day
WHERE o.buyer_id = %s AND NOT o.is_settled AND o.start + o.hours > {SETTLED_UNTIL_SQL} GROUP BY 1, 2
"""


def expected_payment_fen(*, participant_id: int, market_id: int, charges_fen: Mapping[int, int]) -> int:
    """Return what a participant's vouchers would pay of compute of a market, given its value by delivery hour, in fen.

    An estimate: caps and budgets may be used up by others before it is delivered.
    """
    active = Voucher.objects.filter(participant_id=participant_id, programme__state=VoucherProgramme.State.ACTIVE)
    vouchers = sorted(active.select_related("programme"), key=lambda voucher: (voucher.programme.end, voucher.pk))
    if not vouchers:
        return 0
    compute_class_id = Market.objects.order_by().values_list("compute_class_id", flat=True).get(pk=market_id)
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, [participant_id])
        bought = {(day, class_id): fen for class_id, day, fen in cursor.fetchall()}
    wanted: dict[int, int] = defaultdict(int)
    for hour, value_fen in charges_fen.items():
        wanted[day_of(hour)[0]] += value_fen
    rates = VoucherRate.objects.filter(programme__vouchers__in=vouchers)
    shares = {(rate.programme_id, rate.compute_class_id): rate.share_bps for rate in rates}
    room = Room(
        vouchers={voucher.pk: voucher.limit_fen - voucher.used_fen for voucher in vouchers},
        programmes={voucher.programme_id: voucher.programme.left_fen for voucher in vouchers},
    )
    paid_fen = 0
    for day, class_id in sorted({*bought, *((day, compute_class_id) for day in wanted)}):
        parts = [
            Part(voucher_id=v.pk, programme_id=v.programme_id, share_bps=shares[v.programme_id, class_id])
            for v in vouchers
            if (v.programme_id, class_id) in shares and pays_on(v.programme, day)
        ]
        cover(base_fen=bought.get((day, class_id), 0), parts=parts, room=room)
        if class_id == compute_class_id:
            paid_fen += cover(base_fen=wanted.get(day, 0), parts=parts, room=room)
    return paid_fen
