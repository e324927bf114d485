"""Fee tiers, an override, two voucher programmes and two credit limits of the demo, entered by its finance people before the first trade."""

from __future__ import annotations

from datetime import datetime

from billing.credit.limits import approve_limit, ask_for_limit
from billing.fees.versions import approve_schedule, new_schedule, propose_schedule
from billing.models import CreditLimit, FeeSchedule, VoucherProgramme
from billing.period import BEIJING, day_of
from billing.vouchers.programmes import activate_programme, create_programme, issue_vouchers
from marketplace.demo.people import APPROVER, BUYER, CREDITS, FINANCE, TRADERS
from marketplace.demo.stage import Stage
from matching.hours import hour_of
from matching.models import ComputeClass

TIERS = [(0, 20, 60), (50_000_000, 15, 50), (200_000_000, 10, 40), (1_000_000_000, 5, 30)]  # fen, bps, bps
DOMESTIC_BPS, FOREIGN_BPS = 3000, 1500
DAYS = 60


def enter_special_terms(*, stage: Stage, now: datetime) -> None:
    """Enter and approve them from the next day on; does nothing where they are."""
    if FeeSchedule.objects.exclude(proposed_by="").exists() or VoucherProgramme.objects.exists():
        return
    tomorrow = day_of(hour_of(now))[1]
    _enter(TIERS, None, "Volume tiers", tomorrow, now)
    _enter([(0, 5, 25)], stage.participants[TRADERS[0].slug], "Makes the market at every hour", tomorrow, now)
    classes = ComputeClass.objects.filter(markets__in=stage.markets.values()).distinct()
    shares = {each.pk: FOREIGN_BPS if each.vendor.startswith("NVIDIA") else DOMESTIC_BPS for each in classes}
    buyers = [stage.participants[BUYER.slug], *(stage.participants[trader.slug] for trader in TRADERS[:3])]
    for name, name_zh, budget_fen, cap_fen in (
        ("Compute vouchers for model makers", "大模型算力券", 20_000_000, 5_000_000),
        ("Innovation vouchers", "科技创新算力券", 5_000_000, 1_000_000),
    ):
        programme = create_programme(
            name=name, name_zh=name_zh, sponsor="示例市科学技术局 Science bureau (example)", budget_fen=budget_fen,
            cap_fen=cap_fen, start=tomorrow, end=tomorrow + 24 * (DAYS if cap_fen > 1_000_000 else DAYS // 2),
            shares_bps=shares, by=FINANCE, now=now,
        )  # fmt: skip
        issue_vouchers(programme_id=programme.pk, participant_ids=buyers, by=FINANCE, now=now)
        activate_programme(programme_id=programme.pk, by=APPROVER, now=now)
    for credit in CREDITS:
        limit = ask_for_limit(
            participant_id=stage.participants[credit.slug], limit_fen=credit.limit_fen, terms_days=credit.terms_days,
            from_day=now.astimezone(BEIJING).date(), reason="Pays by the week, against invoice", by=FINANCE, now=now,
            language=CreditLimit.Language.ZH_HANS,
        )  # fmt: skip
        approve_limit(limit_id=limit.pk, by=APPROVER, now=now)


def _enter(tiers: list[tuple[int, int, int]], participant_id: int | None, reason: str, day: int, now: datetime) -> None:
    schedule = new_schedule(tiers=tiers, from_hour=day, reason=reason, participant_id=participant_id)
    propose_schedule(schedule=schedule, by=FINANCE, now=now)
    approve_schedule(schedule_id=schedule.pk, by=APPROVER, now=now)
