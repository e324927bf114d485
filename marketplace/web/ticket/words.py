"""The ticket's sentences: the verdict, and why not, with the numbers that say it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.web.templatetags.hours import hour_text, span_text
from marketplace.web.templatetags.names import named
from marketplace.web.templatetags.numbers import money
from marketplace.web.ticket.outcome import Fix, Outcome
from matching.halted import sentence_of
from matching.models import Site

SITES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in one line, and the sentence below it. `tone` is good, wait or bad."""

    tone: str
    title: str
    sentence: str


def verdict_of(outcome: Outcome) -> Verdict:
    """Say what would happen if it were sent now."""
    if outcome.breaks_rule:
        return Verdict("bad", _("Cannot be sent as it is"), str(outcome.error))
    if outcome.fills:
        return Verdict("good", _("Fills now"), filled_sentence(outcome))
    if outcome.partly:
        return Verdict("wait", _("Fills in part now"), part_sentence(outcome))
    why_not = outcome.why_not
    if why_not is not None and why_not.short_fen is not None:
        return Verdict(
            "wait",
            _("Will not fill now: the limit is %(gap)s too low") % {"gap": money(why_not.short_fen)},
            limit_sentence(outcome),
        )
    if outcome.halt is not None:
        return Verdict("wait", _("Will not fill now: trading has stopped"), sentence_of(outcome.halt))
    return Verdict("wait", _("Will not fill now: too little is on offer"), shortage_sentence(outcome))


def filled_sentence(outcome: Outcome) -> str:
    """64 accelerators × 48 h, all at Wuhu-1, Mon 18:00 → Wed 18:00."""
    values = {
        "size": size_text(outcome.job.accelerators, outcome.job.hours),
        "span": span_text(outcome.start or outcome.job.start, outcome.job.hours),
        "sites": sites_text(outcome.sites),
    }
    if len(outcome.sites) == 1:
        return _("%(size)s, all at %(sites)s, %(span)s.") % values
    return _("%(size)s from %(sites)s, %(span)s.") % values


def part_sentence(outcome: Outcome) -> str:
    """56 of 96 acc-h at 6.74 on average; the rest waits."""
    values = {
        "filled": f"{outcome.filled:,}",
        "all": f"{outcome.job.accelerator_hours:,}",
        "price": money(outcome.ticket.preview.average_fen),
        "limit": money(outcome.limit_fen),
        "rest": f"{outcome.resting:,}",
    }
    if outcome.resting:
        return (
            _("%(filled)s of %(all)s acc-h at %(price)s on average; %(rest)s wait in the book at %(limit)s.") % values
        )
    return (
        _("%(filled)s of %(all)s acc-h at %(price)s on average; the rest is not on offer and is not bought.") % values
    )


def limit_sentence(outcome: Outcome) -> str:
    """Wuhu-1 averages ¥12.92 at best; your limit is ¥12.00."""
    why_not = outcome.why_not
    assert why_not is not None
    values = {
        "average": money(why_not.best_average_fen),
        "limit": money(outcome.limit_fen),
        "sites": sites_text(outcome.sites),
    }
    if len(outcome.sites) == 1:
        return _("%(sites)s averages %(average)s at best; your limit is %(limit)s.") % values
    return _("The best average is %(average)s; your limit is %(limit)s.") % values


def shortage_sentence(outcome: Outcome) -> str:
    """Huailai-1 is 20 hours short: from Tue 00:00 it has as few as 9 of 64."""
    why_not, job = outcome.why_not, outcome.job
    if why_not is None or not why_not.lacks:
        return _("Nothing would trade at once.")
    if len(why_not.lacks) == job.hours and all(lack.available == 0 for lack in why_not.lacks):
        return (
            _("Nobody has listed these hours within your limit yet.")
            if job.is_hourly and job.limit_fen
            else _("Nobody has listed these hours yet.")
        )
    worst = min(why_not.lacks, key=lambda lack: (lack.available, lack.hour))
    site = outcome.site_names.get(why_not.site_id or 0)
    values = {
        "where": named(site) if site else _("The market"),
        "hours": len(why_not.lacks),
        "from": hour_text(worst.hour),
        "few": worst.available,
        "need": job.accelerators,
    }
    sentence = ngettext(
        "%(where)s comes closest and is %(hours)s hour short: at %(from)s it has %(few)s of %(need)s accelerators.",
        "%(where)s comes closest and is %(hours)s hours short: at %(from)s it has as few as %(few)s of %(need)s accelerators.",
        len(why_not.lacks),
    )
    return sentence % values


def fix_words(fix: Fix, outcome: Outcome) -> tuple[str, str, str]:
    """A fix's title, its sentence, and its button."""
    values = {
        "start": hour_text(fix.start),
        "total": money(fix.quote.total_fen),
        "sites": sites_text(list(fix.sites)),
        "n": fix.fields.get("accelerators", ""),
    }
    sentence = _("From %(start)s at %(sites)s. Total with fee and VAT %(total)s.") % values
    if fix.change == "limit":
        return _("Raise the limit to %(limit)s") % {"limit": f"¥{fix.fields['limit']}"}, sentence, _("Set this limit")
    if fix.change == "any_site":
        no_link = _("No fast link between sites.")
        return _("Allow any site"), f"{sentence} {no_link}", _("Allow any site")
    if fix.change == "fewer":
        return _("Take %(n)s accelerators") % values, sentence, _("Take %(n)s") % values
    return _("Start up to 24 h later"), sentence, _("Allow a later start")


def size_text(accelerators: int, hours: int) -> str:
    """64 accelerators × 48 h."""
    return ngettext("%(n)s accelerator × %(hours)s h", "%(n)s accelerators × %(hours)s h", accelerators) % {
        "n": f"{accelerators:,}",
        "hours": f"{hours:,}",
    }


def sites_text(sites: list[Site]) -> str:
    """Names, at most three, then how many more."""
    names = [named(site) for site in sites[:SITES_NAMED]]
    text = _(", ").join(names)
    more = len(sites) - len(names)
    return (
        ngettext("%(names)s and %(n)s more site", "%(names)s and %(n)s more sites", more) % {"names": text, "n": more}
        if more
        else text
    )
