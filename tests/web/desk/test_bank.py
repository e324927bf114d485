"""Finance brings in a statement and books its lines with one click each."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.funds import available_fen
from billing.models import BankLine
from tests.web.desk.world import World

HEAD = "Date,Reference,Amount,Text\n"


def _upload(world: World, rows: str) -> str:
    file = SimpleUploadedFile("statement.csv", (HEAD + rows).encode())
    return world.client("fiona").post(reverse("finance_bank"), {"file": file}, follow=True).content.decode()


def test_a_deposit_from_the_statement(world: World) -> None:
    before = available_fen(world.alice.pk)
    page = _upload(world, "2025-01-02,B-1,500.00,top-up ALICE\n2025-01-03,B-2,-8.00,charges\n")
    assert "2 lines stored" in page
    assert f"Deposit of {world.alice.name}" in page
    line, charges = BankLine.objects.all()
    client = world.client("fiona")
    for values, target in (
        ({"book": f"deposit:{world.alice.pk}"}, line),
        ({"do": "aside", "note": "charges"}, charges),
    ):
        client.post(reverse("finance_bank_line", args=[target.pk]), values)
    assert available_fen(world.alice.pk) == before + 50_000
    assert "Every line is booked" in client.get(reverse("finance_bank")).content.decode()
    client.post(reverse("finance_bank_line", args=[charges.pk]), {"do": "back"})
    assert BankLine.objects.get(state="open") == charges
    again = client.post(reverse("finance_bank_line", args=[line.pk]), {"book": "deposit:1"}, follow=True)
    assert "Somebody has dealt with this line" in again.content.decode()


def test_a_bad_statement_is_refused_by_line(world: World) -> None:
    page = _upload(world, "2025-01-02,B-1,500.00,\n2025-01-03,B-2,x,\n2025-1212,B-3,1.00,\n")
    assert "Line 3: x is no amount in yuan and fen." in page
    assert "Line 4: 2025-1212 is no day. Write it as 2025-12-01." in page
    assert not BankLine.objects.exists()
    empty = world.client("fiona").post(reverse("finance_bank"), {})
    assert empty.status_code == 422


def test_only_finance_books(world: World) -> None:
    assert world.client("bob").get(reverse("finance_bank")).status_code == 403
