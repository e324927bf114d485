"""What vouchers pay of a settlement run: part of it, in its transaction.

The eligible charge is the value of delivered compute before fee and VAT. It is paid to the buyer's funds, out of which the
whole charge has just been taken; what a shortfall takes back is owed by the buyer and paid from what it is made good.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from billing.ledger import COLUMNS, NEXT_ID
from billing.models import Account, SettlementRun, Voucher, VoucherProgramme, VoucherRate, VoucherUse
from billing.period import day_of
from billing.vouchers.cover import Part, Room, cover, release

# What the run changes of what holders of vouchers are charged, by class.
_CHANGES = """
SELECT o.buyer_id, m.compute_class_id, sum(x.fen)::bigint FROM (
    SELECT trade_id, value_fen AS fen FROM billing_settlementline WHERE run_id = %(run)s
    UNION ALL
    SELECT trade_id, -principal_fen FROM adjusted WHERE kind = 'shortfall'
) AS x
JOIN billing_obligation o USING (trade_id) JOIN matching_market m ON m.id = o.market_id
WHERE o.buyer_id IN (SELECT participant_id FROM billing_voucher)
GROUP BY 1, 2 HAVING sum(x.fen) <> 0 ORDER BY 1, 2
"""

# What is left of the charges of a day for those who get some back, this run's adjustments included.
_NET = """
SELECT buyer_id, compute_class_id, sum(fen)::bigint FROM (
    SELECT o.buyer_id, o.market_id, l.value_fen AS fen FROM billing_obligation o JOIN billing_settlementline l USING (trade_id)
    WHERE o.buyer_id = ANY(%(buyers)s) AND o.start < %(end)s AND o.start + o.hours > %(day)s
        AND l.start >= %(day)s AND l.start < %(end)s
    UNION ALL
    SELECT o.buyer_id, o.market_id, -a.principal_fen FROM billing_obligation o JOIN billing_adjustment a USING (trade_id)
    WHERE o.buyer_id = ANY(%(buyers)s) AND o.start < %(end)s AND o.start + o.hours > %(day)s
        AND a.kind = 'shortfall' AND a.hour >= %(day)s AND a.hour < %(end)s
    UNION ALL
    SELECT o.buyer_id, o.market_id, -a.principal_fen FROM adjusted a JOIN billing_obligation o USING (trade_id)
    WHERE a.kind = 'shortfall' AND o.buyer_id = ANY(%(buyers)s)
) AS x JOIN matching_market m ON m.id = x.market_id GROUP BY 1, 2
"""

_STAGE = f"""
INSERT INTO staged_transfer (id, {COLUMNS})
SELECT {NEXT_ID}, CASE WHEN u.amount_fen > 0 THEN subsidy.id ELSE debt.id END,
    CASE WHEN u.amount_fen > 0 THEN funds.id ELSE subsidy.id END, abs(u.amount_fen), 'voucher', 'posted', NULL::bigint,
    NULL::bigint, NULL::bigint, u.participant_id, %(run)s::bigint, NULL
FROM unnest(%(participants)s::int[], %(amounts)s::bigint[]) AS u (participant_id, amount_fen)
JOIN billing_account subsidy ON subsidy.participant_id IS NULL AND subsidy.kind = 'subsidy'
JOIN billing_account funds ON funds.participant_id = u.participant_id AND funds.kind = 'funds'
LEFT JOIN billing_account debt ON debt.participant_id = u.participant_id AND debt.kind = 'receivable'
"""


@dataclass(slots=True)
class VoucherChanges:
    """What a run changes of what vouchers have paid."""

    uses: list[VoucherUse] = field(default_factory=list)
    vouchers: dict[int, Voucher] = field(default_factory=dict)

    def by_participant(self) -> dict[int, int]:
        """What each participant gets (negative: gives back), in fen; those with nothing left out."""
        sums: dict[int, int] = defaultdict(int)
        for use in self.uses:
            sums[self.vouchers[use.voucher_id].participant_id] += use.amount_fen
        return {participant_id: fen for participant_id, fen in sorted(sums.items()) if fen}


def find_changes(*, run: SettlementRun) -> VoucherChanges:
    """Find what vouchers pay of a run, whose adjustments stand in the table `adjusted`; locks vouchers and programmes, in id order."""
    if not Voucher.objects.exists():
        return VoucherChanges()
    day, end = day_of(run.from_hour)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, {"run": run.pk})
        changes = cursor.fetchall()
        falling = sorted({buyer for buyer, _, change_fen in changes if change_fen < 0})
        net: dict[tuple[int, int], int] = {}
        if falling:
            cursor.execute(_NET, {"buyers": falling, "day": day, "end": end})
            net = {(buyer, class_id): fen for buyer, class_id, fen in cursor.fetchall()}
    if not changes:
        return VoucherChanges()
    stock = _Stock.lock({buyer for buyer, _, _ in changes}, day)
    for buyer, class_id, change_fen in changes:
        if change_fen < 0:
            release(net_fen=net.get((buyer, class_id), 0), parts=stock.parts(buyer, class_id), room=stock.room)
    for buyer, class_id, change_fen in changes:
        if change_fen > 0:
            cover(base_fen=change_fen, parts=stock.parts(buyer, class_id, paying_on=day), room=stock.room)
    return VoucherChanges(uses=stock.uses(run), vouchers=stock.vouchers)


def stage_changes(*, changes: VoucherChanges, run: SettlementRun) -> None:
    """Stage the transfers of what `find_changes` found; one a participant."""
    sums = changes.by_participant()
    parameters: dict[str, Any] = {"run": run.pk, "participants": list(sums), "amounts": list(sums.values())}
    with connection.cursor() as cursor:
        cursor.execute(_STAGE, parameters)


def account_ids_of(changes: VoucherChanges) -> list[int]:
    """Return the accounts that the changes move money between, to be locked before any of it is staged."""
    sums = changes.by_participant()
    if not sums:
        return []
    kinds = [Account.Kind.FUNDS, Account.Kind.RECEIVABLE]
    theirs = Account.objects.filter(participant_id__in=sums, kind__in=kinds).values_list("pk", flat=True)
    return [*theirs, Account.objects.values_list("pk", flat=True).get(participant=None, kind=Account.Kind.SUBSIDY)]


def keep_changes(changes: VoucherChanges) -> None:
    """Write the uses, and what vouchers and programmes have paid; the database holds them within limit and budget."""
    VoucherUse.objects.bulk_create(changes.uses)
    programmes: dict[int, VoucherProgramme] = {}
    for use in changes.uses:
        voucher = changes.vouchers[use.voucher_id]
        programme = programmes.setdefault(voucher.programme_id, voucher.programme)
        voucher.used_fen += use.amount_fen
        programme.used_fen += use.amount_fen
    used = {use.voucher_id for use in changes.uses}
    Voucher.objects.bulk_update([changes.vouchers[pk] for pk in sorted(used)], ["used_fen"])
    VoucherProgramme.objects.bulk_update([programmes[pk] for pk in sorted(programmes)], ["used_fen"])


def lock_vouchers(held: QuerySet[Voucher]) -> dict[int, Voucher]:
    """Lock vouchers and their programmes, in order of their ids; one object a programme, so that its sum is one."""
    found = VoucherProgramme.objects.filter(pk__in=held.values_list("programme_id", flat=True))
    programmes = {programme.pk: programme for programme in found.order_by("pk").select_for_update()}
    vouchers = {voucher.pk: voucher for voucher in held.order_by("pk").select_for_update(of=["self"])}
    for voucher in vouchers.values():
        voucher.programme = programmes[voucher.programme_id]
    return vouchers


class _Stock:
    """The vouchers of some buyers, locked, with what they cover of a day so far."""

    def __init__(self, vouchers: dict[int, Voucher], covered: dict[tuple[int, int], int]) -> None:
        self.vouchers = vouchers
        self.room = Room(
            vouchers={pk: voucher.limit_fen - voucher.used_fen for pk, voucher in vouchers.items()},
            programmes={v.programme_id: v.programme.left_fen for v in vouchers.values()},
        )
        rates = VoucherRate.objects.filter(programme_id__in=self.room.programmes)
        shares = {(rate.programme_id, rate.compute_class_id): rate.share_bps for rate in rates}
        self._parts = {
            (voucher.pk, class_id): Part(
                voucher_id=voucher.pk,
                programme_id=voucher.programme_id,
                share_bps=share_bps,
                base_fen=covered.get((voucher.pk, class_id), 0),
            )
            for voucher in vouchers.values()
            for (programme_id, class_id), share_bps in shares.items()
            if programme_id == voucher.programme_id
        }

    @classmethod
    def lock(cls, buyers: set[int], day: int) -> _Stock:
        held = Voucher.objects.filter(participant_id__in=buyers)
        vouchers = lock_vouchers(held)
        covered: dict[tuple[int, int], int] = defaultdict(int)
        uses = VoucherUse.objects.filter(voucher__in=vouchers, day=day)
        for voucher_id, class_id, base_fen in uses.values_list("voucher_id", "compute_class_id", "base_fen"):
            covered[voucher_id, class_id] += base_fen
        return cls(vouchers, covered)

    def parts(self, buyer: int, class_id: int, *, paying_on: int | None = None) -> list[Part]:
        """The parts of a buyer's vouchers beside a class, soonest expiry first; with `paying_on` those that pay on that day."""
        mine = sorted(
            (v for v in self.vouchers.values() if v.participant_id == buyer), key=lambda v: (v.programme.end, v.pk)
        )
        return [
            self._parts[voucher.pk, class_id]
            for voucher in mine
            if (voucher.pk, class_id) in self._parts and (paying_on is None or pays_on(voucher.programme, paying_on))
        ]

    def uses(self, run: SettlementRun) -> list[VoucherUse]:
        return [
            VoucherUse(
                run=run,
                day=day_of(run.from_hour)[0],
                voucher_id=voucher_id,
                compute_class_id=class_id,
                base_fen=part.base_change_fen,
                amount_fen=part.amount_change_fen,
            )
            for (voucher_id, class_id), part in sorted(self._parts.items(), key=lambda item: item[0])
            if part.base_change_fen
        ]


def pays_on(programme: VoucherProgramme, day: int) -> bool:
    """Whether a programme pays for hours of the Beijing day that starts with hour `day`."""
    return programme.state == VoucherProgramme.State.ACTIVE and programme.start <= day < programme.end
