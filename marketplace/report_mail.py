"""Reports by mail: the file that a worker has written, attached or as a link, once a mailing."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from billing.exports import CONTENT_TYPES
from billing.models import ReportFile, ReportMailing
from billing.reports.asked import read_asked
from billing.reports.registry import REPORTS
from marketplace.accounts.models import User

ATTACHED_BYTES_MAX = 5 << 20
"""Larger files are linked to, not attached."""


def send_ready_mailings(*, now: datetime) -> int:
    """Send the mailings whose files are written; returns how many.

    A mailing is locked, noted as sent, sent, and then committed: where sending fails it is tried again. Were the process killed
    between sending and committing, the second mail has the same Message-ID, by which mail programs drop it.
    """
    sent = 0
    waiting = ReportMailing.objects.filter(sent_at=None, dropped="").order_by("id").values_list("pk", flat=True)
    for mailing_id in list(waiting):
        with transaction.atomic():
            sent += _send(mailing_id, now)
    return sent


def _send(mailing_id: int, now: datetime) -> bool:
    mailing = (
        ReportMailing.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("subscription", "file")
        .filter(pk=mailing_id, sent_at=None, dropped="")
        .first()
    )
    if mailing is None or mailing.file.is_under_way:
        return False
    mailing.dropped = _why_not(mailing)
    if not mailing.dropped:
        mailing.sent_at = now
    mailing.save(update_fields=["sent_at", "dropped"])
    if mailing.dropped:
        return False
    with translation.override(mailing.subscription.language):
        _mail(mailing).send()
    return True


def _why_not(mailing: ReportMailing) -> str:
    """Return why a mailing is dropped: whoever left finance gets no more, and a file that failed is none."""
    person = User.objects.filter(email__iexact=mailing.subscription.person, is_active=True).first()
    if person is None or not person.is_finance:
        return "not in finance any more"
    if mailing.subscription.ended_at is not None:
        return "unsubscribed"
    return "" if mailing.file.state == ReportFile.State.DONE else f"its file {mailing.file.state}"


def _mail(mailing: ReportMailing) -> EmailMessage:
    made, subscription = mailing.file, mailing.subscription
    asked = read_asked(made.asked, now=made.asked_at)
    title, lead = REPORTS[made.report].in_words(zh=subscription.language.startswith("zh"))
    days = f"{asked.first} – {asked.last}"
    is_attached = 0 < made.bytes <= ATTACHED_BYTES_MAX
    lines = [
        f"{title}, {days}",
        lead,
        "",
        _("The file is attached.") if is_attached else _("The file is too large for a mail. It is kept for a week:"),
        "" if is_attached else settings.SITE_URL + reverse("finance_report_file_made", args=[made.pk]),
        _("The same on its page, with every line behind it:"),
        settings.SITE_URL + reverse("finance_report", args=[made.report]) + f"?from={asked.first}&to={asked.last}",
        "",
        _("Unsubscribe:"),
        settings.SITE_URL + reverse("finance_subscriptions"),
    ]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2]
    mail = EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{title}, {days}",
        body="\n".join(lines),
        to=[subscription.person],
        headers={"Message-ID": f"<report-mailing-{mailing.pk}@{domain}>"},
    )
    if is_attached:
        name = f"{asked.file_name(made.report)}.{made.format}"
        with default_storage.open(str(made.file)) as file:
            mail.attach(name, file.read(), CONTENT_TYPES[made.format].partition(";")[0])
    return mail
