"""What cannot be is refused by name wherever it is brought in: a row of the page, a line of a file, an item of the API's list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.delivery.readings import NewReading, record_readings
from billing.models import BankLine, MeterReading
from billing.month_close import close_month
from billing.period import BEIJING
from matching.hours import hour_of, moment_of
from tests.api.conftest import _client
from tests.web.desk.world import World, hour_text

HEAD = "site,hour,holder,accelerators,id\n"


@dataclass(frozen=True)
class Bad:
    """A reading at fault beside a good one of Alice's hour, in which she holds two; and what is said of it."""

    code: str
    words: str
    hours_later: int = 0
    accelerators: int = 1
    source_id: str = "bad"


def far_ahead(world: World, hour: int) -> int:
    """How many hours it is from `hour` to one that has not ended."""
    return hour_of(world.now) - hour + 1


CONFLICT = Bad("reading_conflict", "has sent reading known before, with other numbers", source_id="known")
NOT_SOLD = Bad("hours_not_sold", "alice holds nothing at this site in this hour", hours_later=40)
NEGATIVE = Bad("negative_reading", "A reading cannot be below 0", accelerators=-1)
TOO_MANY = Bad("more_than_sold", "alice holds 2 accelerators in this hour", accelerators=3)
FUTURE = Bad("hour_not_over", "This hour has not ended", hours_later=-1)  # in the place of how far ahead it is
CLOSED = Bad("month_closed", "The month of this hour is closed")
READINGS = [CONFLICT, NOT_SOLD, NEGATIVE, TOO_MANY, FUTURE, CLOSED]


@pytest.fixture
def hour(world: World) -> int:
    """The first of last week's hours that Alice bought, with a reading known as `known` for the next one."""
    first = world.document(world.alice).start + 10
    known = NewReading(
        site=world.site.slug, hour=first + 1, holder="alice", accelerators=2, source="csv", source_id="known",
        read_at=world.now,
    )  # fmt: skip
    (verdict,) = record_readings(provider_id=world.bob.pk, readings=[known], now=world.now)
    assert verdict.is_new
    return first


def hour_of_bad(world: World, hour: int, bad: Bad) -> int:
    """The hour that a reading at fault is for, once its month is closed where that is the fault."""
    if bad is CLOSED:
        month = moment_of(hour).astimezone(BEIJING).date()
        close_month(month=month, by="fiona@example.com", now=world.now + timedelta(days=40))
    if bad is CONFLICT:
        return hour + 1
    return hour + (far_ahead(world, hour) if bad is FUTURE else bad.hours_later)


@pytest.mark.parametrize("bad", READINGS, ids=lambda bad: bad.code)
def test_a_bad_reading_is_refused_by_its_line_in_a_file_and_nothing_is_taken_in(
    world: World, hour: int, bad: Bad
) -> None:
    bob, url, at = world.client("bob"), reverse("readings_file"), hour_of_bad(world, hour, bad)
    good = f"{world.site.slug},{moment_of(hour).isoformat()},alice,2,good\n"
    text = HEAD + good + f"{world.site.slug},{moment_of(at).isoformat()},alice,{bad.accelerators},{bad.source_id}\n"
    checked = bob.post(url, {"file": SimpleUploadedFile("meters.csv", text.encode())})
    assert checked.status_code == 422
    faulty = {line.line: line.fault for line in checked.context["lines"]}
    assert bad.words in faulty[3]
    assert bad.words in checked.content.decode()
    assert (2 in faulty) == (bad is CLOSED)  # the good line's month is closed too
    taken = bob.post(url, {"take": "1", "content": text})
    assert taken.status_code == 422
    assert taken.context["fault"].startswith(f"Line {min(faulty)}: ")
    assert MeterReading.objects.count() == 1


@pytest.mark.parametrize("bad", READINGS, ids=lambda bad: bad.code)
def test_a_bad_reading_gets_its_code_from_the_api_and_leaves_the_others_alone(
    world: World, hour: int, bad: Bad
) -> None:
    at = hour_of_bad(world, hour, bad)
    rows: list[dict[str, Any]] = [
        {"site": world.site.slug, "holder": "alice", "source": "csv", "read_at": world.now.isoformat(), **fields}
        for fields in (
            {"hour": hour, "accelerators": 2, "source_id": "good"},
            {"hour": at, "accelerators": bad.accelerators, "source_id": bad.source_id},
        )
    ]
    answer = _client("bob@example.com", world.bob).post("/api/v1/readings", {"readings": rows}, format="json")
    first, second = answer.json()["verdicts"]
    assert (second["status"], second["code"]) == ("refused", bad.code)
    assert bad.words in second["detail"]
    assert (first["code"] or first["status"]) == ("month_closed" if bad is CLOSED else "accepted")


@pytest.mark.parametrize("bad", [NEGATIVE, TOO_MANY, CLOSED], ids=lambda bad: bad.code)
def test_a_bad_reading_on_the_page_is_refused_by_its_row(world: World, hour: int, bad: Bad) -> None:
    """The page has a field for each hour that was sold and has ended, and gives each entry an id of its own."""
    bob, at = world.client("bob"), hour_of_bad(world, hour, bad)
    day = f"?from={hour_text(hour)[:10]}&span=24"
    field = f"reading-{world.site.pk}-{{}}-{world.alice.pk}"
    entered = {field.format(at): str(bad.accelerators), field.format(hour + 2): "2"}
    answer = bob.post(reverse("provider_deliveries") + day, entered)
    assert answer.status_code == 422
    (fault, *others) = answer.context["faults"]
    assert fault.startswith("Wuhu-1, ")
    assert ", Alice: " in fault
    assert bad.words in fault
    assert len(others) == (1 if bad is CLOSED else 0)
    assert MeterReading.objects.count() == (1 if bad is CLOSED else 2)


def test_the_page_offers_no_field_for_hours_that_were_not_sold_or_have_not_ended(world: World, hour: int) -> None:
    world.buy(world.alice, world.first, hours=1)
    bob = world.client("bob")
    for at in (hour + NOT_SOLD.hours_later, world.first):
        url = f"{reverse('provider_deliveries')}?from={hour_text(at)[:10]}&span=24"
        field = f"reading-{world.site.pk}-{at}-{world.alice.pk}"
        assert field not in bob.get(url).content.decode()
        bob.post(url, {field: "1"})
    assert MeterReading.objects.count() == 1


CAMT = """<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt><Id>S1</Id>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>15.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy='{currency}'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2025-01-02</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef></Ntry></Stmt></BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("s.csv", "Date,Reference,Amount,Currency\n2025-01-02,B-1,5.00,CNY\n2025-01-02,B-2,5.00,USD\n", "Line 3: "),
        ("s.csv", "Date,Reference,Amount,Balance\n2025-01-02,B-1,5.00,5.00\n2025-01-03,B-2,5.00,11.00\n", "Line 3: "),
        ("s.csv", "Date,Reference,Amount,Balance\n2099-01-02,B-1,5.00,5.00\n", "Line 2: "),
        ("s.xml", CAMT.format(currency="USD", amount="10.00"), "USD"),
        ("s.xml", CAMT.format(currency="CNY", amount="9.00"), "balance"),
    ],
    ids=["currency", "unbalanced", "future", "camt-currency", "camt-unbalanced"],
)
def test_a_bad_statement_of_the_bank_is_refused_whole(world: World, name: str, content: str, said: str) -> None:
    file = SimpleUploadedFile(name, content.encode())
    answer = world.client("fiona").post(reverse("finance_bank"), {"file": file})
    assert answer.status_code == 422
    (sentence,) = answer.context["form"].errors["file"]
    assert said in sentence
    assert not BankLine.objects.exists()
