"""Letters of overdue invoices reach the buyer's people once, in their language."""

from __future__ import annotations

import pytest
from django.core import mail

from billing.dunning.levels import write_notices
from billing.models import CreditLimit, DunningNotice
from marketplace.accounts.models import Membership, User
from marketplace.dunning.letters import send_letters
from tests.billing.test_credit import lend
from tests.billing.test_receivables import owe
from tests.billing.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "催款提醒"), ("en", "Reminder")])
def test_letter_is_sent_once_in_the_buyers_language(language: str, words: str) -> None:
    world = World.create(deposit_fen=0)
    lend(world, 0, 1_000_000, terms_days=0)
    CreditLimit.objects.update(language=language)
    (due,) = owe(world, 0)
    world.hour += 48
    assert len(write_notices(now=world.now)) == 1
    assert send_letters(now=world.now) == 0  # nobody to read it yet
    for name in ("ann", "bo"):
        user = User.objects.create_user(f"{name}@example.com")
        Membership.objects.create(user=user, participant=world.buyers[0])
    assert [send_letters(now=world.now), send_letters(now=world.now)] == [1, 0]
    (letter,) = mail.outbox
    notice = DunningNotice.objects.get()
    assert letter.to == ["ann@example.com", "bo@example.com"]
    assert letter.extra_headers["Message-ID"] == f"<dunning-{notice.pk}@suanshi>"
    assert words in letter.subject
    assert due.invoice.number in letter.subject
    assert f"¥{due.open_fen / 100:,.2f}" in letter.body
    assert notice.sent_to == "ann@example.com, bo@example.com"
