"""Signing up opens an organisation that may trade; its facts can be kept current."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Account
from marketplace.accounts.models import User
from matching.models import Participant

SIGN_UP = {
    "email": "dana@example.com", "password1": "a long enough pass", "password2": "a long enough pass",
    "organisation": "Dana Labs", "organisation_zh": "达纳实验室",
}  # fmt: skip


@pytest.mark.django_db
def test_signing_up_opens_an_organisation_with_accounts() -> None:
    client = Client()
    response = client.post(reverse("account_signup"), SIGN_UP)
    assert response.status_code == 302
    participant = Participant.objects.get()
    assert (participant.slug, participant.name_zh) == ("dana-labs", "达纳实验室")
    assert (participant.buys, participant.provides) == (True, False)
    assert Account.objects.filter(participant=participant, kind=Account.Kind.FUNDS).exists()
    assert [m.user.email for m in participant.memberships.all()] == ["dana@example.com"]
    assert client.get(reverse("wallet")).status_code == 200
    assert client.get(reverse("start"))["Location"] == reverse("compute")


@pytest.mark.django_db
def test_a_provider_may_sign_up_as_one_and_names_may_repeat_or_be_chinese() -> None:
    Client().post(reverse("account_signup"), SIGN_UP)
    client = Client()
    form = {**SIGN_UP, "email": "eve@example.com", "provides": "on"}
    assert client.post(reverse("account_signup"), form).status_code == 302
    assert client.get(reverse("capacity")).status_code == 200
    form = {**SIGN_UP, "email": "fay@example.com", "organisation": "芜湖算力"}
    assert Client().post(reverse("account_signup"), form).status_code == 302
    assert Participant.objects.values("slug").distinct().count() == 3


@pytest.mark.django_db
def test_whoever_signs_up_while_pricing_a_job_comes_back_to_it() -> None:
    client = Client()
    job = "/classes/?page=1"
    link = f"{reverse('account_signup')}?next=%2Fclasses%2F%3Fpage%3D1"
    assert link in client.get(job).content.decode()
    at_the_door = client.get(f"{reverse('account_login')}?next=%2Fclasses%2F%3Fpage%3D1").content.decode()
    assert link in at_the_door
    assert reverse("account_signup") + '"' in client.get("/").content.decode()
    assert client.post(link, {**SIGN_UP, "next": job})["Location"] == job


@pytest.mark.django_db
def test_signing_up_without_an_organisation_makes_nobody() -> None:
    page = Client().post(reverse("account_signup"), {**SIGN_UP, "organisation": ""})
    assert page.status_code == 200
    assert "dana@example.com" in page.content.decode()
    assert not User.objects.exists()
    assert not Participant.objects.exists()


@pytest.mark.django_db
def test_a_second_organisation_is_acted_for_at_once_and_its_facts_are_kept() -> None:
    client = Client()
    client.post(reverse("account_signup"), SIGN_UP)
    client.post(reverse("organisation_new"), {"organisation": "Dana Trading"})
    assert "Dana Trading" in client.get(reverse("compute")).content.decode()
    facts = {"name": "Dana Trading", "legal_name": "Dana Trading Ltd", "tax_id": "9131"}
    assert client.post(reverse("organisation_profile"), facts).status_code == 302
    assert Participant.objects.get(name="Dana Trading").tax_id == "9131"


FOR_VISITORS = ("account_login", "account_signup", "account_reset_password")
FOR_MEMBERS = (
    "account_email", "account_change_password", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "usersessions_list",
    "account_logout",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_account_pages_stand_in_our_frame(language: str) -> None:
    client = Client(HTTP_COOKIE=f"language={language}")
    for name in (*FOR_VISITORS, None, *FOR_MEMBERS):
        if name is None:
            client.post(reverse("account_signup"), SIGN_UP)
            continue
        page = client.get(reverse(name), follow=True)
        assert page.status_code == 200, name
        assert 'class="topbar"' in page.content.decode(), name
        assert f'lang="{language}"' in page.content.decode(), name
