"""Old months leave the database for Parquet files, and every reader sees both as one log."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction

from matching.archive import folder as folders
from matching.archive import keep
from matching.archive.books import BooksWriter, blank_books, read_books
from matching.archive.folder import ArchiveDamaged, archived_folders
from matching.archive.keep import MonthDiffers, MonthNotDelivered, MonthNotOver, MonthNotPlayed, archive_month
from matching.archive.whole_log import read_whole_log
from matching.audit import Audited, audit_group, split
from matching.clock import tell_time
from matching.engine.dtypes import COMMAND, Do, Kind
from matching.engine.reference import ReferenceEngine
from matching.matcher import Matcher
from matching.models import ArchivedMonth, Command, Market, OrderEvent, Site, Trade
from matching.months import make_span, next_month
from matching.replay import read_tables, replay
from matching.verify import find_differences
from tests.factories import NOW, ask, bid, make_market, make_site
from tests.matching.conftest import Exchange
from tests.matching.random_trading import set_references, trade_at_random

FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (2, 3, 4))
LATER = datetime(2026, 6, 1, tzinfo=UTC)


def rows() -> list[int]:
    return [model.objects.count() for model in (Command, Trade, OrderEvent)]


def trade_from(exchange: Exchange, start: datetime, *, seed: int, steps: int) -> None:
    """Trade at random from a moment on, in hours after it, and have the matcher play it."""
    sites, buyers = list(Site.objects.order_by("pk")), [exchange.alice, exchange.bob]
    for _ in trade_at_random(seed=seed, steps=steps, sites=sites, buyers=buyers, start=start, alternatives=True):
        pass
    exchange.matcher.drain()


def last_archived() -> int:
    """The last sequence that has left the database."""
    return int(archived_folders()[-1].manifest["groups"]["all"]["last"])


@pytest.fixture
def history(exchange: Exchange, own_months: None) -> Exchange:
    """Trading over the ends of February and March, in two markets that orders link; all hours are over."""
    exchange = Exchange(
        **{name: getattr(exchange, name) for name in ("market", "north", "south", "alice", "bob")},
        matcher=Matcher(ReferenceEngine),
    )
    make_site(make_market("H20-96G"))
    set_references()
    make_span(FEBRUARY, next_month(APRIL))
    trade_from(exchange, MARCH - timedelta(hours=3), seed=1, steps=80)
    trade_from(exchange, APRIL - timedelta(hours=3), seed=2, steps=60)
    tell_time(now=LATER)
    exchange.matcher.drain()
    return exchange


def archive(month: datetime, root: Path, now: datetime = LATER) -> ArchivedMonth:
    return archive_month(month=month, root=root, now=now, engine_factory=ReferenceEngine)


def differences() -> list[str]:
    return list(find_differences(engine_factory=ReferenceEngine))


def audit(first: int = 1, last: int | None = None, audited: Audited | None = None) -> list[str]:
    return list(audit_group(link_group="all", first=first, last=last, engine_factory=ReferenceEngine, audited=audited))


def test_months_leave_and_are_read_as_one_log(history: Exchange, tmp_path: Path) -> None:
    before = rows()
    log = list(Command.objects.order_by("sequence").values_list("pk", "sequence", "at"))
    assert differences() == []
    february = archive(FEBRUARY, tmp_path)
    march = archive(MARCH, tmp_path)
    assert [a + b + c for a, b, c in zip(rows(), counts(february), counts(march), strict=True)] == before
    assert min(counts(march)) > 0
    assert min(rows()) > 0
    assert differences() == []
    pieces = list(read_whole_log(archived_folders(), market_ids=list(Market.objects.values_list("pk", flat=True))))
    read = [entry for piece in pieces for entry in zip(piece.ids, piece.sequences, piece.at, strict=True)]
    assert read == log
    manifest = json.loads((tmp_path / "2026-03" / "manifest.json").read_text())
    assert manifest["previous"] == february.manifest_sha256
    assert manifest["groups"]["all"]["last"] == max(s for _, s, at in log if s and at < APRIL)
    trade_from(history, LATER, seed=3, steps=20)
    assert differences() == []


def counts(month: ArchivedMonth) -> tuple[int, int, int]:
    return month.commands, month.trades, month.order_events


def test_an_audit_starts_at_the_books_before_its_first_sequence(history: Exchange, tmp_path: Path) -> None:
    archive(FEBRUARY, tmp_path)
    archive(MARCH, tmp_path)
    last = max(Market.objects.values_list("sequence", flat=True))
    told: list[str] = []
    audited = Audited()
    found = audit_group(
        link_group="all",
        first=last_archived() + 1,
        engine_factory=ReferenceEngine,
        audited=audited,
        tell=told.append,
    )
    assert list(found) == []
    assert audited.commands == last - last_archived()
    assert "from the books after" in told[0]
    whole = Audited()
    assert audit(audited=whole) == []
    assert (whole.commands, whole.trades > audited.trades) == (last, True)
    assert audit(first=40, last=60) == []


def test_from_books_of_any_moment_an_engine_goes_on_as_the_one_that_wrote_them(
    history: Exchange, tmp_path: Path
) -> None:
    ids = sorted(Market.objects.values_list("pk", flat=True))
    log = list(read_tables(market_ids=ids))
    rows_seen = np.empty(0, dtype=COMMAND)
    hidden = 0
    for cut in range(3, log[-1].sequences[-1] or 0, 11):
        before, after = split(iter(log), cut)
        engine, again, books = ReferenceEngine(), ReferenceEngine(), blank_books(ids)
        for batch in replay(engine, [before]):
            books.follow(batch)
        folder = tmp_path / str(cut)
        folder.mkdir()
        writer = BooksWriter(folder)
        writer.write(books, engine)
        writer.close()
        read = read_books(folder, 0, writer.units[0], again)
        assert (read.sequence, read.fixed) == (cut, books.fixed)
        rows_seen = np.concatenate([rows_seen, read.orders])
        for _ in range(2):
            resting = engine.resting()
            hidden += int((resting["shown"] < resting["open"]).sum())
            assert again.resting().tolist() == resting.tolist()
            (one,), (other,) = (list(replay(each, [after])) for each in (engine, again))
            assert other.events.tolist() == one.events.tolist()
            after = after.take(np.empty(0, dtype=np.int64))
    kinds = set(zip(rows_seen["do"].tolist(), rows_seen["kind"].tolist(), strict=True))
    assert kinds == {(Do.NEW, Kind.HOURLY), (Do.NEW, Kind.BLOCK), (Do.ALTERNATIVE, Kind.HOURLY)}
    assert hidden > 0


BY_HAND = (
    (
        "UPDATE matching_trade SET price_fen = price_fen + 1 WHERE id = (SELECT max(id) FROM matching_trade)",
        "price_fen",
    ),
    ("DELETE FROM matching_trade WHERE id = (SELECT max(id) FROM matching_trade)", "is missing"),
    ("DELETE FROM matching_orderevent WHERE id = (SELECT max(id) FROM matching_orderevent)", "is missing"),
    (
        "CREATE TEMP TABLE top ON COMMIT DROP AS SELECT max(sequence) AS n FROM matching_command;"
        "UPDATE matching_command SET sequence = -sequence WHERE sequence >= (SELECT n - 1 FROM top);"
        "UPDATE matching_command SET sequence = (SELECT n * 2 - 1 FROM top) + sequence WHERE sequence < 0",
        "sequence is",
    ),
    (
        "DELETE FROM matching_command WHERE sequence = (SELECT max(sequence) - 1 FROM matching_command)",
        "lacks 1 commands",
    ),
    (
        "UPDATE matching_order SET side = -side, site_id = NULL WHERE id = (SELECT max(id) FROM matching_order)",
        "is missing",
    ),
    ("UPDATE matching_order SET hours = hours + 1 WHERE id = (SELECT min(id) FROM matching_order)", "hours is"),
)


def test_what_was_changed_by_hand_is_named(history: Exchange, tmp_path: Path) -> None:
    archive(FEBRUARY, tmp_path)
    archive(MARCH, tmp_path)
    for request in (ask(history.north, hours=1), bid(history.bob, history.market, hours=1)) * 2:
        history.place(replace(request, start=hour(LATER) + 3), now=LATER)
    assert audit() == []
    first = last_archived() + 1
    for statement, word in BY_HAND:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE matching_order DROP CONSTRAINT order_ask_names_site")
                cursor.execute(statement)
            found = [*audit(first=first), *audit(last=20)]
            transaction.set_rollback(True)
        assert any(word in sentence for sentence in found), (statement, found)


def hour(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def test_a_damaged_file_is_named(history: Exchange, tmp_path: Path) -> None:
    archive(FEBRUARY, tmp_path)
    archive(MARCH, tmp_path)
    for name in ("trades.parquet", "played.parquet", "manifest.json"):
        path = tmp_path / "2026-03" / name
        whole = path.read_bytes()
        damaged = bytearray(whole)
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(bytes(damaged))
        for read in (audit, differences):
            with pytest.raises(ArchiveDamaged, match=f"2026-03/{name}"):
                read()
        path.write_bytes(whole)
    assert audit() == []


def test_a_price_changed_inside_a_file_that_its_manifest_excuses_is_found(history: Exchange, tmp_path: Path) -> None:
    archive(FEBRUARY, tmp_path)
    path = tmp_path / "2026-02" / "trades.parquet"
    table = pq.read_table(path)
    prices = table["price_fen"].to_numpy().copy()
    prices[0] += 1
    pq.write_table(table.set_column(table.schema.get_field_index("price_fen"), "price_fen", [np.asarray(prices)]), path)
    manifest_path = tmp_path / "2026-02" / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    manifest["files"]["trades.parquet"]["sha256"] = folders.sha256_of(path)
    manifest_path.write_text(json.dumps(manifest))
    with pytest.raises(ArchiveDamaged, match=r"manifest\.json: its SHA-256"):
        audit()
    ArchivedMonth.objects.update(manifest_sha256=folders.sha256_of(manifest_path))
    assert any("price_fen" in sentence for sentence in audit())


def test_a_month_that_is_not_done_stays(history: Exchange, tmp_path: Path) -> None:
    before = rows()
    with pytest.raises(MonthNotOver):
        archive(APRIL, tmp_path, now=NOW)
    for request in (ask(history.north, hours=1), bid(history.bob, history.market, hours=1)):
        history.place(replace(request, start=hour(LATER) + 3), now=APRIL + timedelta(days=20))
    with pytest.raises(MonthNotDelivered, match="up to 2026-06-01 04:00"):
        archive(APRIL, tmp_path)
    Command.objects.filter(pk=Command.objects.latest("sequence").pk).update(sequence=None)
    with pytest.raises(MonthNotPlayed, match="1 commands"):
        archive(APRIL, tmp_path)
    assert before[0] + 2 == rows()[0]


def test_a_month_that_differs_from_its_log_stays(history: Exchange, tmp_path: Path) -> None:
    trade = Trade.objects.filter(traded_at__lt=MARCH).earliest("pk")
    Trade.objects.filter(pk=trade.pk).update(price_fen=trade.price_fen + 1)
    before = rows()
    with pytest.raises(MonthDiffers, match=f"matching_trade {trade.pk}: price_fen"):
        archive(FEBRUARY, tmp_path)
    assert rows() == before
    assert not (tmp_path / "2026-02").exists()


class Killed(BaseException):
    """Stands for a kill -9: nothing of ours catches it."""


STEPS = (
    *("start_folder", "write_rows", "write_played", "write_books", "write_manifest", "check_files", "finish_folder"),
    "_drop_month",
)


def test_killed_at_any_step_the_next_call_finishes(
    history: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows()
    for step in STEPS:
        kept = getattr(keep, step)

        def dies_before(*args: object, **options: object) -> None:
            raise Killed

        def dies_after(*args: object, kept: Callable[..., object] = kept, **options: object) -> None:
            kept(*args, **options)
            raise Killed

        for dies in (dies_before, dies_after):
            monkeypatch.setattr(keep, step, dies)
            with pytest.raises(Killed):
                archive(FEBRUARY, tmp_path)
            assert rows() == before
            assert not ArchivedMonth.objects.exists()
        monkeypatch.setattr(keep, step, kept)
    month = archive(FEBRUARY, tmp_path)
    assert [a + b for a, b in zip(rows(), counts(month), strict=True)] == before
    assert [path.name for path in tmp_path.iterdir()] == ["2026-02"]
    assert differences() == []


def test_the_exchange_goes_on_while_a_month_leaves(
    history: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed: list[int] = []

    def place() -> None:
        history.place(ask(history.north, start=hour(LATER) + 3, hours=1, quantity=1), now=LATER)
        placed.append(1)
        connection.close()

    for step in STEPS[:-1]:
        as_it_is = getattr(keep, step)

        def goes_on(*args: object, kept: Callable[..., object] = as_it_is, **options: object) -> object:
            trader = threading.Thread(target=place)
            trader.start()
            trader.join()
            return kept(*args, **options)

        monkeypatch.setattr(keep, step, goes_on)
    before = rows()
    month = archive(FEBRUARY, tmp_path)
    assert len(placed) >= len(STEPS) - 1
    assert rows()[0] + month.commands == before[0] + len(placed)
    assert differences() == []
