"""The fields by which a report is limited, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.models import Account, Transfer
from billing.period import BEIJING
from billing.reports.asked import Asked
from billing.reports.frame import Limit, Report
from billing.reports.words import words
from marketplace.web.templatetags.names import named
from matching.models import ComputeClass, Hub, Participant


@dataclass(frozen=True, slots=True)
class Field:
    """An input: `kind` is date, datetime-local, number, search or select; `choices` are (value, words)."""

    name: str
    label: str
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()


def fields_of(report: Report, asked: Asked) -> list[Field]:
    """Return a report's fields in the order of its limits, with what is asked for."""
    fields: list[Field] = []
    for limit in report.limits:
        fields += _FIELDS[limit](report, asked)
    return fields


def groups_of(report: Report, asked: Asked) -> list[tuple[str, str, bool]]:
    """Return what rows can be grouped by: the name, its words, and whether it is chosen."""
    zh = (get_language() or "").startswith("zh")
    chosen = asked.by if asked.by in report.groups else next(iter(report.groups), "")
    return [(name, label[0 if zh else 1], name == chosen) for name, label in report.groups.items()]


def states_of(report: Report) -> tuple[tuple[str, str], ...]:
    """Return what a report can be limited to, with its words."""
    zh = (get_language() or "").startswith("zh")
    return tuple((state, label[0 if zh else 1]) for state, label in report.states.items())


def _period(_report: Report, asked: Asked) -> list[Field]:
    return [
        Field("from", _("From"), "date", asked.first.isoformat()),
        Field("to", _("To"), "date", asked.last.isoformat()),
    ]


def _at(_report: Report, asked: Asked) -> list[Field]:
    value = asked.at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S") if asked.at else ""
    return [Field("at", _("As of (Beijing; empty: now)"), "datetime-local", value)]


def _participant(_report: Report, asked: Asked) -> list[Field]:
    choices = tuple((p.slug, named(p)) for p in Participant.objects.order_by("name"))
    return [
        Field("participant", _("Participant"), "select", asked.participant.slug if asked.participant else "", choices)
    ]


def _class(_report: Report, asked: Asked) -> list[Field]:
    slugs = ComputeClass.objects.filter(markets__isnull=False).distinct().values_list("slug", flat=True)
    return [Field("class", _("Class"), "select", asked.compute_class, tuple((slug, slug) for slug in slugs))]


def _hub(_report: Report, asked: Asked) -> list[Field]:
    hubs = Hub.objects.filter(markets__isnull=False).distinct()
    return [Field("hub", _("Hub"), "select", asked.hub, tuple((hub.slug, named(hub)) for hub in hubs))]


def _run(_report: Report, asked: Asked) -> list[Field]:
    return [Field("run", _("Run"), "number", str(asked.run_id or ""))]


def _kind(_report: Report, asked: Asked) -> list[Field]:
    choices = tuple((kind, words(kind)) for kind in Account.Kind.values)
    return [Field("kind", _("Account kind"), "select", asked.kind, choices)]


def _code(_report: Report, asked: Asked) -> list[Field]:
    choices = tuple((code, words(code)) for code in Transfer.Code.values)
    return [Field("code", _("Transfer code"), "select", asked.code, choices)]


def _state(report: Report, asked: Asked) -> list[Field]:
    return [Field("state", _("Show only"), "select", asked.state, states_of(report))]


def _who(_report: Report, asked: Asked) -> list[Field]:
    return [Field("who", _("Who"), "search", asked.who)]


def _what(_report: Report, asked: Asked) -> list[Field]:
    return [Field("what", _("What or which object"), "search", asked.what)]


_FIELDS = {
    Limit.PERIOD: _period,
    Limit.AT: _at,
    Limit.PARTICIPANT: _participant,
    Limit.CLASS: _class,
    Limit.HUB: _hub,
    Limit.RUN: _run,
    Limit.KIND: _kind,
    Limit.CODE: _code,
    Limit.STATE: _state,
    Limit.WHO: _who,
    Limit.WHAT: _what,
}
