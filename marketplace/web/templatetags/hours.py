"""Delivery hours and moments as text in the person's time zone, with UTC on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from billing.period import date_of
from matching.hours import moment_of

register = template.Library()

WEEK = timedelta(days=6)


@register.filter
def local(hour: int) -> datetime:
    """A delivery hour's start in the person's time zone."""
    return timezone.localtime(moment_of(hour))


WEEKDAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


def weekday_text(moment: datetime) -> str:
    """`Mon`, 周一."""
    return str(WEEKDAYS[moment.weekday()])


def date_text(moment: datetime) -> str:
    """`24 Nov`, 11月24日; with the year when it is not this one."""
    this_year = timezone.localtime().year == moment.year
    if (get_language() or "").startswith("zh"):
        return f"{moment.month}月{moment.day}日" if this_year else f"{moment.year}年{moment.month}月{moment.day}日"
    return f"{moment.day} {moment:%b}" if this_year else f"{moment.day} {moment:%b %Y}"


def day_text(moment: datetime) -> str:
    """`Mon 24 Nov`, 周一 11月24日."""
    return f"{weekday_text(moment)} {date_text(moment)}"


def hour_text(hour: int, *, full: bool = False) -> str:
    """`Mon 18:00` within six days of now, else `Mon 24 Nov 18:00`; `full` always names the date."""
    moment = local(hour)
    near = abs(moment - timezone.now()) <= WEEK
    return f"{weekday_text(moment) if near and not full else day_text(moment)} {moment:%H:%M}"


def span_text(start: int, hours: int) -> str:
    """`Mon 18:00 → Wed 18:00`; on one day `Mon 18:00 → 22:00`; midnight at its end is 24:00."""
    first, last = local(start), local(start + hours)
    if first.date() == last.date():
        return f"{hour_text(start)} → {last:%H:%M}"
    if last.hour == last.minute == 0 and (last - timedelta(hours=1)).date() == first.date():
        return f"{hour_text(start)} → 24:00"
    return f"{hour_text(start)} → {hour_text(start + hours)}"


def _time(moment: datetime, text: str) -> SafeString:
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%Y-%m-%d %H:%M} UTC", text
    )


@register.filter(name="hour")
def hour_filter(hour: int | None, style: str = "") -> str:
    """`{{ h|hour }}` Mon 18:00; `{{ h|hour:"full" }}` Mon 24 Nov 18:00; `{{ h|hour:"clock" }}` 18:00.

    `"text"` is the first without the time element, for attributes and options.
    """
    if hour is None:
        return "—"
    if style == "text":
        return hour_text(hour)
    text = f"{local(hour):%H:%M}" if style == "clock" else hour_text(hour, full=style == "full")
    return _time(moment_of(hour), text)


@register.simple_tag
def span(start: int, hours: int) -> SafeString:
    """`{% span start hours %}`: Mon 18:00 → Wed 18:00, UTC on hover."""
    return format_html(
        '<span class="span" title="{} → {} UTC">{}</span>',
        f"{moment_of(start):%Y-%m-%d %H:%M}",
        f"{moment_of(start + hours):%Y-%m-%d %H:%M}",
        span_text(start, hours),
    )


@register.filter
def moment(at: datetime | None, style: str = "") -> str:
    """A stored time: `24 Nov 10:24`, or `{{ at|moment:"clock" }}` 10:24:08, `"date"` 24 Nov."""
    if at is None:
        return "—"
    there = timezone.localtime(at)
    text = {"clock": f"{there:%H:%M:%S}", "date": date_text(there)}.get(style, f"{date_text(there)} {there:%H:%M}")
    return _time(at, text)


def moment_words(at: datetime | None) -> str:
    """`24 Nov 10:24`, without markup."""
    if at is None:
        return "—"
    there = timezone.localtime(at)
    return f"{date_text(there)} {there:%H:%M}"


@register.filter
def hours_count(hours: int) -> str:
    """A length: `48 h`, 48 小时."""
    return _("%(hours)s h") % {"hours": f"{hours:,}"}


@register.filter
def form_hour(hour: int) -> str:
    """A delivery hour as a datetime-local input takes it, in the person's zone: `2025-11-24T18:00`."""
    return f"{local(hour):%Y-%m-%dT%H:%M}"


@register.filter
def beijing_day(hour: int) -> str:
    """The Beijing date of a delivery hour, by which settlement and invoices count days: `2025-11-24`."""
    return date_of(hour).isoformat()
