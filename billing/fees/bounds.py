"""The largest rates that a bid held now may meet while it lives, whatever tier its participant comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from billing.models import TaxCode
from billing.period import day_of, period_of
from matching.bulk import array_literal
from matching.hours import hour_of
from matching.prepared import prepared_cursor

V = TypeVar("V")


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldRates:
    """What a hold counts with, in basis points."""

    hold_fee_bps: int
    hold_vat_bps: int


class RateMissing(Exception):
    """No rate of a kind is in force; nothing can be quoted before one is entered."""


# Small tables: schedules that are in force or will be, VAT rates, and the participants' tax codes.
_READ = """
SELECT 'fee', s.participant_id, s.from_hour, '', (SELECT max(bps) FROM unnest(s.maker_fee_bps || s.taker_fee_bps) AS bps)
FROM billing_feeschedule s
WHERE s.state = 'approved' AND (s.participant_id IS NULL OR s.participant_id = ANY(%(participants)s::int[]))
    AND NOT EXISTS (
        SELECT FROM billing_feeschedule n WHERE n.state = 'approved' AND n.participant_id IS NOT DISTINCT FROM s.participant_id
            AND n.from_hour <= %(day)s AND (n.from_hour, n.id) > (s.from_hour, s.id)
    )
UNION ALL
SELECT * FROM (
    SELECT 'vat', NULL::int, from_hour, tax_code, bps FROM billing_rate WHERE kind = 'vat' AND state = 'approved'
    ORDER BY from_hour, id
) AS rate
UNION ALL
SELECT * FROM (
    SELECT 'code', participant_id, from_hour, tax_code, NULL::int FROM billing_taxstatus
    WHERE state = 'approved' AND participant_id = ANY(%(participants)s::int[]) ORDER BY from_hour, id
) AS code
"""


def read_hold_rates(*, participant_ids: Iterable[int], now: datetime) -> dict[int, HoldRates]:
    """Return what holds of these participants count with, as known at `now`; id 0 stands for nobody in particular.

    Fees: the dearest tier of every schedule that is in force for the participant or has been approved for later. VAT: likewise
    of its tax codes. Versions approved after a bid was held leave its trades at no more than this (fees) or cannot touch it
    (VAT). One statement. Raises RateMissing.
    """
    participant_ids = set(participant_ids)
    hour = hour_of(now)
    day, period = day_of(hour)[0], max(period_of(hour)[0], 0)
    fees: dict[int | None, list[tuple[int, int | None]]] = defaultdict(list)
    vat: dict[str, list[tuple[int, int]]] = defaultdict(list)
    codes: dict[int, list[tuple[int, str]]] = defaultdict(list)
    with prepared_cursor() as cursor:
        cursor.execute(_READ, {"participants": array_literal(participant_ids), "day": day})
        for kind, participant_id, from_hour, tax_code, bps in cursor.fetchall():
            if kind == "fee":
                fees[participant_id].append((from_hour, bps))
            elif kind == "vat":
                vat[tax_code].append((from_hour, bps))
            else:
                codes[participant_id].append((from_hour, tax_code))
    return {
        participant_id: HoldRates(
            hold_fee_bps=_fee_bound(fees[None], fees.get(participant_id, []), day),
            hold_vat_bps=_vat_bound(vat, codes.get(participant_id, []), period),
        )
        for participant_id in participant_ids
    }


def _fee_bound(general: list[tuple[int, int | None]], own: list[tuple[int, int | None]], day: int) -> int:
    """Return the dearest rate; the general schedule counts unless an override is in force that no later version ends."""
    is_covered = any(hour <= day and bps is not None for hour, bps in own) and all(bps is not None for _, bps in own)
    if not any(hour <= day for hour, _bps in general):
        raise RateMissing("No fee schedule is in force. Enter one before trading.")
    return max(bps for _, bps in ([] if is_covered else general) + own if bps is not None)


def _vat_bound(vat: dict[str, list[tuple[int, int]]], codes: list[tuple[int, str]], period: int) -> int:
    before = [(-1, TaxCode.SERVICES.value), *codes]
    return max(
        bps for code in {code for _, code in _from_now_on(before, period)} for _, bps in _from_now_on(vat[code], period)
    )


def _from_now_on(versions: list[tuple[int, V]], hour: int) -> list[tuple[int, V]]:
    """Return the version in force at `hour` and those after it, of versions in order; raises RateMissing."""
    places = [place for place, (from_hour, _) in enumerate(versions) if from_hour <= hour]
    if not places:
        raise RateMissing("No VAT rate is in force. Enter one before trading.")
    return versions[places[-1] :]
