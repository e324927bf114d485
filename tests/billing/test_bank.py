"""Bank statements: read in both formats, refused by line, matched by what they say, booked once."""

from __future__ import annotations

from datetime import date

import pytest

from billing import sheets
from billing.bank import statement as faults
from billing.bank.booking import (
    BookedByHand,
    LineFitsNot,
    LineNotOpen,
    NoteMissing,
    book_line,
    set_line_aside,
    take_line_back,
)
from billing.bank.camt053 import read_camt053
from billing.bank.importing import Imported, import_statement
from billing.bank.statement_csv import read_csv
from billing.bank.suggesting import BookAs, suggest
from billing.funds import available_fen, deposit_funds
from billing.models import BankLine, BankStatement, Payout
from billing.verify import find_differences
from tests.billing.test_payouts import ANN, make_owed, sent
from tests.billing.world import World

DAY = date(2025, 11, 21)

CSV = """交易日期,流水号,收入,支出,余额,对方户名,对方账号,摘要,币种
2025-11-20,B-1,"1,000.00",,"1,500.00",某某科技有限公司,6222 8888 0001,充值 BUYER-0,CNY
2025/11/21,B-2,,500.00,"1,000.00",Provider 0,6222 0000 {account},货款 P{payout},人民币
20251121,B-3,,12.50,987.50,,,手续费,
"""


def camt(entries: str, *, opening: str = "500.00", closing: str = "1487.50", version: str = "08") -> bytes:
    """A message of one statement."""
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd></Bal>"
        for kind, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}'><BkToCstmrStmt>"
        f"<Stmt><Id>S1</Id>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(
    reference: str, amount: str, sign: str = "CRDT", *, currency: str = "CNY", status: str = "BOOK", details: str = ""
) -> str:
    return (
        f"<Ntry><Amt Ccy='{currency}'>{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>"
        f"<BookgDt><Dt>2025-11-20</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


DETAIL = (
    "<TxDtls>{amount}<RltdPties><Dbtr><Pty><Nm>Lab</Nm></Pty></Dbtr><DbtrAcct><Id><Othr><Id>62228888</Id></Othr></Id>"
    "</DbtrAcct></RltdPties><RmtInf><Ustrd>top-up BUYER-0</Ustrd></RmtInf></TxDtls>"
)


def take(world: World, content: bytes, name: str = "s.csv") -> Imported:
    return import_statement(content=content, file_name=name, imported_by=ANN, now=world.now)


@pytest.fixture
def late(world: World) -> World:
    """The statement's days have passed."""
    world.hour += 24 * 7
    return world


def test_csv_as_chinese_banks_write_it(late: World) -> None:
    content = CSV.format(account=1, payout=1).encode("gb18030")
    assert take(late, content) == Imported(stored=3, known=0)
    lines = list(BankLine.objects.all())
    assert [line.amount_fen for line in lines] == [100_000, -50_000, -1_250]
    assert (lines[0].counterparty, lines[1].booked_on) == ("某某科技有限公司", DAY)
    stored = BankStatement.objects.get()
    assert (stored.opening_fen, stored.closing_fen, stored.closing_on) == (50_000, 98_750, DAY)
    assert take(late, content) == Imported(stored=0, known=3)  # the same file again


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_camt053_of_any_version(version: str) -> None:
    message = camt(
        entry("B-1", "1000.00", details=DETAIL.format(amount="")) + entry("B-3", "12.50", "DBIT")
        + entry("B-9", "7.00", status="PDNG"),
        version=version,
    )  # fmt: skip
    read = read_camt053(message)
    assert [(line.reference, line.amount_fen) for line in read.lines] == [("B-1", 100_000), ("B-3", -1_250)]
    assert (read.lines[0].counterparty, read.lines[0].counterparty_account) == ("Lab", "62228888")
    assert read.lines[0].text == "top-up BUYER-0"
    assert (read.opening_fen, read.closing_fen) == (50_000, 148_750)


def test_a_batch_entry_is_a_line_a_payment() -> None:
    details = "".join(DETAIL.format(amount=f"<Amt Ccy='CNY'>{x}</Amt>") for x in ("600.00", "400.00"))
    read = read_camt053(camt(entry("B-1", "1000.00", details=details), closing="1500.00"))
    assert [(line.reference, line.amount_fen) for line in read.lines] == [("B-1/1", 60_000), ("B-1/2", 40_000)]
    short = details.replace("600.00", "599.00")
    with pytest.raises(sheets.LinesRefused, match="do not add up"):
        read_camt053(camt(entry("B-1", "1000.00", details=short), closing="1500.00"))


HEAD = "Date,Reference,Amount,Currency,Balance\n"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("2025-11-20,B-1,10.00,USD,1\n", faults.WrongCurrency),
        ("2025-11-20,,10.00,,1\n", faults.ReferenceMissing),
        ("2025-11-20,B-1,ten,,1\n", sheets.AmountMalformed),
        ("2025-11-20,B-1,10.005,,1\n", sheets.AmountMalformed),
        ("2025-11-20,B-1,0.00,,1\n", faults.NothingMoved),
        ("2025-1212,B-1,10.00,,1\n", sheets.DayMalformed),
        ("2025-13-20,B-1,10.00,,1\n", sheets.DayMalformed),
        ("2099-01-01,B-1,10.00,,1\n", faults.DayInFuture),
        ("2025-11-20,B-1,10.00,,1\n2025-11-20,B-1,10.00,,11\n", faults.ReferenceTwice),
        ("2025-11-20,B-1,10.00,,1\n2025-11-20,B-2,10.00,,12\n", faults.BalanceDiffers),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_stored(late: World, row: str, error: type[sheets.LineError]) -> None:
    with pytest.raises(sheets.LinesRefused) as refused:
        take(late, (HEAD + row).encode())
    ((line, why),) = refused.value.errors
    assert isinstance(why, error)
    assert line == row.count("\n") + 1
    assert not BankLine.objects.exists()


def test_a_bad_file_says_what_it_is(late: World) -> None:
    for content, error in (
        (b"\xff\xfe\x00\x81", sheets.NotText),
        (b"<Document><BkToCstmrStmt>", faults.StatementUnreadable),
        (b"Date,Amount\n", sheets.HeadsMissing),
        (camt(entry("B-1", "999.00")), faults.StatementUnbalanced),
        (camt(entry("B-1", "999.00", currency="EUR")), sheets.LinesRefused),
        (b"x" * (sheets.BYTES_MAX + 1), sheets.TooLarge),
    ):
        with pytest.raises(error):
            take(late, content)
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + camt(entry("&b;", "987.50"))
    with pytest.raises(sheets.SheetError):
        take(late, bomb)
    assert not BankStatement.objects.exists()


def test_a_line_that_comes_back_changed_is_a_conflict(late: World) -> None:
    take(late, (HEAD + "2025-11-20,B-1,10.00,,\n").replace(",Balance", "").encode())
    with pytest.raises(sheets.LinesRefused, match="imported before"):
        take(late, (HEAD + "2025-11-20,B-1,11.00,,\n").replace(",Balance", "").encode())


def test_from_statement_to_ledger(late: World) -> None:
    make_owed(late)
    payout = sent(late, minimum_fen=10_000)[0]
    buyer = late.buyers[0]
    content = CSV.format(account=payout.participant_id, payout=payout.pk).replace("BUYER-0", buyer.slug.upper())
    take(late, content.encode())
    lines = list(BankLine.objects.all())
    suggestions = suggest(lines)
    deposit, paid = suggestions[lines[0].pk], suggestions[lines[1].pk]
    assert (deposit.book_as, deposit.target_id) == (BookAs.DEPOSIT, buyer.pk)
    assert (paid.book_as, paid.target_id) == (BookAs.PAYOUT_PAID, payout.pk)
    assert lines[2].pk not in suggestions

    before = available_fen(buyer.pk)
    for line, suggestion in zip(lines[:2], (deposit, paid), strict=True):
        book_line(line_id=line.pk, book_as=suggestion.book_as, target_id=suggestion.target_id, by=ANN, now=late.now)
        with pytest.raises(LineNotOpen):
            book_line(line_id=line.pk, book_as=BookAs.DEPOSIT, target_id=buyer.pk, by=ANN, now=late.now)
    assert available_fen(buyer.pk) == before + 100_000
    assert Payout.objects.get(pk=payout.pk).bank_reference == "B-2"
    with pytest.raises(NoteMissing):
        set_line_aside(line_id=lines[2].pk, note="", by=ANN, now=late.now)
    set_line_aside(line_id=lines[2].pk, note="bank charges", by=ANN, now=late.now)
    take_line_back(line_id=lines[2].pk, by=ANN, now=late.now)
    assert BankLine.objects.get(state="open").reference == "B-3"
    back = HEAD.replace(",Balance", "").replace("Currency", "Text") + f"2025-11-22,B-4,500.00,return of P{payout.pk}\n"
    take(late, back.encode())
    line = BankLine.objects.get(reference="B-4")
    returned = suggest([line])[line.pk]
    assert returned.book_as == BookAs.PAYOUT_RETURNED
    book_line(line_id=line.pk, book_as=returned.book_as, target_id=returned.target_id, by=ANN, now=late.now)
    assert Payout.objects.get(pk=payout.pk).state == "returned"
    assert [difference for difference in find_differences() if "payout" in difference or "holds" in difference] == []


def test_what_was_booked_by_hand_is_not_booked_again(late: World) -> None:
    buyer, other = late.buyers
    deposit_funds(participant_id=buyer.pk, amount_fen=100_000, key="bank:B-1", now=late.now)
    take(late, CSV.format(account=1, payout=1).encode())
    line = BankLine.objects.get(reference="B-1")
    with pytest.raises(BookedByHand):
        book_line(line_id=line.pk, book_as=BookAs.DEPOSIT, target_id=other.pk, by=ANN, now=late.now)
    before = available_fen(buyer.pk)
    book_line(line_id=line.pk, book_as=BookAs.DEPOSIT, target_id=buyer.pk, by=ANN, now=late.now)
    assert available_fen(buyer.pk) == before


def test_a_line_is_not_booked_as_what_it_is_not(late: World) -> None:
    take(late, CSV.format(account=1, payout=1).encode())
    out = BankLine.objects.get(reference="B-2")
    for book_as, target_id in ((BookAs.DEPOSIT, late.buyers[0].pk), (BookAs.PAYOUT_PAID, 999)):
        with pytest.raises(LineFitsNot):
            book_line(line_id=out.pk, book_as=book_as, target_id=target_id, by=ANN, now=late.now)


def test_an_account_or_a_name_is_enough_where_only_one_has_it(late: World) -> None:
    buyer, other = late.buyers
    buyer.bank_account, buyer.legal_name = "开户行 6222 8888 0001", "某某科技有限公司"
    buyer.save()
    content = CSV.format(account=1, payout=1).replace("BUYER-0", "")
    take(late, content.encode())
    line = BankLine.objects.get(reference="B-1")
    assert suggest([line])[line.pk].why == "it comes from its account"
    other.bank_account, other.legal_name = buyer.bank_account, ""
    other.save()
    assert suggest([line])[line.pk].why == "it comes from its legal name"
    other.legal_name = buyer.legal_name
    other.save()
    assert suggest([line]) == {}


def test_read_csv_gives_places_in_the_file() -> None:
    read = read_csv(CSV.format(account=1, payout=1).encode())
    assert [line.line for line in read.lines] == [2, 3, 4]
