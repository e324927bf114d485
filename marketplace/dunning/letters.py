"""A dunning notice as a letter in the buyer's language, sent to its people once.

The notice's row is locked while its letter goes out and marked in the same transaction. Killed in between, the letter goes out again
under the same Message-ID, which mail systems take for the same letter.
"""

from __future__ import annotations

from datetime import datetime

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from billing.models import DunningNotice
from billing.money import yuan
from billing.parties import exchange_party
from marketplace.accounts.models import Membership


def send_letters(*, now: datetime) -> int:
    """Send every notice that has not gone out and whose buyer has people; returns how many."""
    waiting = DunningNotice.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(send_letter(notice_id=notice_id, now=now) for notice_id in waiting)


@transaction.atomic
def send_letter(*, notice_id: int, now: datetime) -> bool:
    """Send one notice; False where somebody else has or is about to, or nobody is there to read it."""
    notices = DunningNotice.objects.select_for_update(skip_locked=True, of=("self",))
    notice = notices.select_related("due__invoice", "due__participant").filter(pk=notice_id, sent_at=None).first()
    if notice is None:
        return False
    people = Membership.objects.filter(participant_id=notice.due.participant_id, user__is_active=True)
    addresses = list(people.order_by("user__email").values_list("user__email", flat=True))
    if not addresses:
        return False
    subject, body = letter_of(notice)
    EmailMessage(subject, body, to=addresses, headers={"Message-ID": f"<dunning-{notice.pk}@suanshi>"}).send()
    notice.sent_to, notice.sent_at = ", ".join(addresses)[:2000], now
    notice.save(update_fields=["sent_to", "sent_at"])
    return True


def letter_of(notice: DunningNotice) -> tuple[str, str]:
    """Return subject and text of a notice, in its language."""
    with translation.override(notice.language):
        due = notice.due
        bank = exchange_party()["bank_account"]
        participant = due.participant
        is_chinese = notice.language.startswith("zh")
        name = (participant.name_zh if is_chinese else participant.name) or participant.name
        words = {
            "name": name,
            "number": due.invoice.number,
            "open": yuan(notice.open_fen),
            "due_on": f"{due.due_on:%Y-%m-%d}",
            "bank": bank,
        }
        head, text = {
            1: (
                _("Reminder: invoice %(number)s was due on %(due_on)s"),
                _(
                    "%(open)s of invoice %(number)s is open. It was due on %(due_on)s. If you have paid, nothing is to be done."
                ),
            ),
            2: (
                _("Second notice: invoice %(number)s is overdue"),
                _("%(open)s of invoice %(number)s is still open, long after %(due_on)s. Please pay now."),
            ),
            3: (
                _("Final notice: invoice %(number)s is overdue, new bids are stopped"),
                _(
                    "%(open)s of invoice %(number)s, due on %(due_on)s, has not been paid. New bids are stopped until it is. "
                    "Running orders and what you bought go on."
                ),
            ),
        }[notice.level]
        how = _("Pay to %(bank)s and write %(number)s in the transfer's text.")
        greeting = _("To %(name)s")
        return head % words, "\n\n".join(part % words for part in (greeting, text, how)) + "\n"
