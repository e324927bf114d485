"""What a credit note on an invoice gives back to voucher programmes: their part of what it credits is not the buyer's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from billing.credit_notes.net_lines import net_amounts
from billing.funds import exchange_account_id
from billing.ledger import NewTransfer, post_transfers
from billing.models import Account, Invoice, Transfer, Voucher, VoucherRate, VoucherUse
from billing.vouchers.cover import Part, Room, release
from billing.vouchers.paying import VoucherChanges, keep_changes, lock_vouchers
from matching.models import Market


def find_return(*, document: Invoice, credited_fen: Mapping[int, int]) -> VoucherChanges:
    """Find what comes back when `credited_fen` by market, before VAT, is credited of a buyer's invoice; locks the vouchers.

    Vouchers never cover more of a class than is left of it on the invoice. The newest days give back first, and of a day's
    vouchers the last to expire.
    """
    uses = VoucherUse.objects.filter(
        voucher__participant_id=document.participant_id, day__gte=document.start, day__lt=document.end
    )
    if document.kind != Invoice.Kind.INVOICE or not credited_fen or not uses.exists():
        return VoucherChanges()
    vouchers = lock_vouchers(Voucher.objects.filter(participant_id=document.participant_id))
    parts = _parts(vouchers, uses)
    class_of = dict(Market.objects.order_by().values_list("pk", "compute_class_id"))
    left: dict[int, int] = defaultdict(int)
    credited: dict[int, int] = defaultdict(int)
    for key, amount_fen in net_amounts(document).items():
        if key.market_id is not None:
            left[class_of[key.market_id]] += amount_fen
    for market_id, amount_fen in credited_fen.items():
        left[class_of[market_id]] -= amount_fen
        credited[class_of[market_id]] += amount_fen
    room = Room(
        vouchers=dict.fromkeys(vouchers, 0), programmes={voucher.programme_id: 0 for voucher in vouchers.values()}
    )
    for class_id, amount_fen in sorted(credited.items()):
        of_class = [
            by_day for (its_class, _day), by_day in sorted(parts.items(), reverse=True) if its_class == class_id
        ]
        covered_fen = sum(part.base_fen for by_day in of_class for part in by_day)
        too_much = min(amount_fen, max(0, covered_fen - left[class_id]))
        for by_day in of_class:
            of_day_fen = sum(part.base_fen for part in by_day)
            release(net_fen=max(0, of_day_fen - too_much), parts=by_day, room=room)
            too_much -= min(too_much, of_day_fen)
    return VoucherChanges(uses=_uses(parts), vouchers=vouchers)


def keep_return(*, changes: VoucherChanges, note: Invoice, now: datetime) -> None:
    """Write what `find_return` found as given back by a stored note, and take it from the balance that the note credits."""
    if not changes.uses:
        return
    for use in changes.uses:
        use.note = note
    keep_changes(changes)
    amount_fen = -sum(use.amount_fen for use in changes.uses)
    if amount_fen:
        transfer = NewTransfer(
            debit_account_id=Account.objects.get(participant_id=note.participant_id, kind=Account.Kind.FUNDS).pk,
            credit_account_id=exchange_account_id(Account.Kind.SUBSIDY),
            amount_fen=amount_fen,
            code=Transfer.Code.VOUCHER,
            participant_id=note.participant_id,
            key=f"{note.number}:voucher",
        )
        post_transfers(transfers=[transfer], now=now)


def _parts(vouchers: Mapping[int, Voucher], uses: Iterable[VoucherUse]) -> dict[tuple[int, int], list[Part]]:
    """Return the vouchers' parts by class and day, soonest expiry first, with what they cover so far."""
    covered: dict[tuple[int, int, int], int] = defaultdict(int)
    for use in uses:
        covered[use.compute_class_id, use.day, use.voucher_id] += use.base_fen
    rates = VoucherRate.objects.filter(programme__in={voucher.programme_id for voucher in vouchers.values()})
    shares = {(rate.programme_id, rate.compute_class_id): rate.share_bps for rate in rates}
    parts: dict[tuple[int, int], list[Part]] = defaultdict(list)
    for voucher in sorted(vouchers.values(), key=lambda each: (each.programme.end, each.pk)):
        for (class_id, day, voucher_id), base_fen in covered.items():
            if voucher_id == voucher.pk:
                share_bps = shares[voucher.programme_id, class_id]
                parts[class_id, day].append(
                    Part(
                        voucher_id=voucher.pk, programme_id=voucher.programme_id, share_bps=share_bps, base_fen=base_fen
                    )
                )
    return parts


def _uses(parts: Mapping[tuple[int, int], list[Part]]) -> list[VoucherUse]:
    return [
        VoucherUse(
            day=day,
            voucher_id=part.voucher_id,
            compute_class_id=class_id,
            base_fen=part.base_change_fen,
            amount_fen=part.amount_change_fen,
        )
        for (class_id, day), by_day in sorted(parts.items())
        for part in by_day
        if part.base_change_fen
    ]
