"""Reports as rows, as files and by mail; runs, disputes, the tax platform and the books."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from django.utils import timezone

from billing.delivery.disputes import raise_dispute
from billing.exports import jobs
from billing.exports.jobs import write_waiting_files
from billing.models import ReportFile
from billing.reports.registry import REPORTS
from billing.settlement import settle_delivered
from marketplace.accounts.models import User
from matching.hours import moment_of
from matching.models import Change
from tests.api.conftest import program_of
from tests.api.finance.conftest import Program
from tests.web.desk.world import World


def test_every_report_has_its_rows_and_totals(world: World, henry: Program) -> None:
    assert [report["name"] for report in henry.get("reports")["reports"]] == list(REPORTS)
    for name in REPORTS:
        report = henry.get(f"reports/{name}")
        assert all(set(row) == {column["name"] for column in report["columns"]} for row in report["rows"]), name
    lines = henry.get("reports/lines", participant="alice", limit=1)
    assert (lines["asked"]["participant"], lines["count"], lines["next"]) == ("alice", 1, None)
    assert lines["totals"]["value_fen"] == lines["rows"][0]["value_fen"] == 2 * 8 * 1000
    difference = [c["name"] for c in henry.get("reports/reconciliation")["columns"] if c["difference"]]
    assert all(henry.get("reports/reconciliation")["totals"][name] == 0 for name in difference)
    first = henry.get("reports/lines", limit=1)
    second = henry.get("reports/lines", limit=1, after=first["next"])
    assert first["rows"] != second["rows"]
    assert henry.client.get("/api/v1/reports/nothing").status_code == 404
    assert henry.client.get("/api/v1/reports/lines", {"from": "0001-01-01"}).status_code == 400


def test_a_file_is_asked_for_followed_and_taken(
    world: World, henry: Program, greta: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = henry.client.get("/api/v1/reports/lines/file", {"format": "csv", "participant": "alice"})
    assert len(list(csv.reader(StringIO(b"".join(small.streaming_content).decode())))) == 2  # type: ignore[attr-defined]
    assert Change.objects.filter(what="report.download", who="henry@example.com").exclude(by_key="").count() == 1
    monkeypatch.setattr(jobs, "AT_ONCE_ROWS", 0)
    large = henry.client.get("/api/v1/reports/lines/file", {"format": "csv"})
    assert (large.status_code, large.json()["code"]) == (422, "too_large_to_wait_for")
    status, made = henry.post("report-files", report="lines", format="csv", limits={"participant": "alice"})
    assert (status, made["state"], made["percent"], made["asked"]["participant"]) == (201, "waiting", 0, "alice")
    assert henry.client.get(f"/api/v1/report-files/{made['id']}/content").status_code == 404
    assert greta.post(f"report-files/{made['id']}/stop") == (404, "not_found")  # another's
    _status, other = henry.post("report-files", report="lines", format="xlsx")
    assert henry.post(f"report-files/{other['id']}/stop")[1]["state"] == "stopped"
    ReportFile.objects.filter(pk=made["id"]).update(state="done", finished_at=timezone.now(), expires_at=timezone.now())
    assert henry.get(f"report-files/{made['id']}")["percent"] == 100
    assert [row["id"] for row in henry.rows("report-files")] == [other["id"], made["id"]]


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_the_file_that_was_asked_for(world: World, henry: Program) -> None:
    _status, made = henry.post("report-files", report="lines", format="csv")
    assert write_waiting_files(now=timezone.now()) == 1
    assert henry.get(f"report-files/{made['id']}")["state"] == "done"
    content = henry.client.get(f"/api/v1/report-files/{made['id']}/content")
    assert len(list(csv.reader(StringIO(b"".join(content.streaming_content).decode())))) == 3  # type: ignore[attr-defined]


def test_documents_come_as_a_zip_and_other_reports_do_not(world: World, henry: Program) -> None:
    formats = {report["name"]: report["formats"] for report in henry.get("reports")["reports"]}
    assert formats["documents"] == [*formats["lines"], "zip"]
    taken = henry.client.get("/api/v1/reports/documents/file", {"format": "zip"})
    with ZipFile(BytesIO(b"".join(taken.streaming_content))) as archive:  # type: ignore[attr-defined]
        names = {f"{row['number']}.pdf" for row in henry.get("reports/documents")["rows"]}
        assert set(archive.namelist()) == {"documents.csv", *names}
    refused = henry.client.get("/api/v1/reports/lines/file", {"format": "zip"})
    assert (refused.status_code, refused.json()["code"]) == (422, "format_unknown")
    body = {"report": "lines", "format": "zip", "every": "week", "at_hour": 7}
    assert henry.post("report-subscriptions", **body)[0] == 422


def test_mails_are_ones_own(world: World, henry: Program, greta: Program) -> None:
    body = {"report": "settlement", "format": "pdf", "every": "week", "at_hour": 7, "limits": {"participant": "alice"}}
    assert henry.post("report-subscriptions", **{**body, "at_hour": 24}) == (400, "invalid")
    status, made = henry.post("report-subscriptions", **body)
    assert (status, made["every"], made["asked"]) == (201, "week", {"participant": "alice"})
    assert greta.rows("report-subscriptions") == []
    assert greta.client.delete(f"/api/v1/report-subscriptions/{made['id']}").status_code == 404
    assert henry.client.delete(f"/api/v1/report-subscriptions/{made['id']}").status_code == 204
    assert henry.rows("report-subscriptions") == []


def test_a_dispute_is_decided_and_its_delta_run_read(
    world: World, fiona: Program, henry: Program, alice: Program, bob: Program
) -> None:
    world.buy(world.alice, world.first, hours=1)
    later = moment_of(world.first + 1)
    world.run(later)
    settle_delivered(until_hour=world.first + 1, now=later)
    dispute = raise_dispute(
        site_id=world.site.pk, hour=world.first, holder_id=world.alice.pk, accelerators=1, reason="Down", by="a", now=later
    )  # fmt: skip
    path = f"disputes/{dispute.pk}"
    assert alice.get(path)["state"] == bob.get(path)["state"] == "open"
    assert alice.post(f"{path}/resolve", accelerators=1, resolution="Mine") == (403, "finance_required")
    assert fiona.post(f"{path}/resolve", accelerators=9, resolution="No") == (422, "ruling_out_of_range")
    assert fiona.post(f"{path}/resolve", accelerators=1, resolution="The meter agrees")[1]["state"] == "upheld"
    assert fiona.post(f"{path}/resolve", accelerators=None, resolution="No") == (409, "dispute_resolved")
    settle_delivered(until_hour=world.first + 1, now=later)
    (delta,) = henry.rows("settlement-runs", kind="delta")
    run = henry.get(f"settlement-runs/{delta['id']}")
    assert (run["run"]["id"], run["totals"]["principal_fen"]) == (delta["corrects_id"], 1000)
    changed = henry.rows("adjustments", corrected_run=run["run"]["id"])
    assert {row["kind"] for row in changed} == {"shortfall"}
    reading = alice.get(f"readings/{changed[0]['reading_id']}")
    assert (reading["is_ruling"], reading["accelerators"]) == (True, 1)


def test_the_books_and_the_tax_platforms_files(world: World, henry: Program, fiona: Program) -> None:
    for kind, start in (("beancount", "option "), ("hledger", "commodity "), ("csv", "\ufeffentry,")):
        answer = henry.client.get("/api/v1/accounting-books", {"format": kind})
        assert b"".join(answer.streaming_content).decode().startswith(start)  # type: ignore[attr-defined]
    days = {"first": "2026-02-01", "last": "2026-01-01"}
    assert henry.client.get("/api/v1/accounting-books", days).status_code == 400
    assert henry.get("fapiao")["invoices"] >= 2
    for name in ("application", "red-letters"):
        file = b"".join(henry.client.get(f"/api/v1/fapiao/{name}").streaming_content)  # type: ignore[attr-defined]
        assert file.startswith(b"PK")
    status, wrong = fiona.upload("fapiao/numbers", "n.csv", "a,b\n1,2\n")
    assert (status, wrong["code"], wrong["field"]) == (422, "column_missing", "file")


def test_operators_read_the_audit_trail_and_no_other_report(world: World, henry: Program) -> None:
    olga = User.objects.create_user("olga@example.com", is_staff=True)
    program = Program(program_of(olga, acts_for="operations", may="read"))
    trail = program.get("reports/changes", who="henry")
    assert [row["what"] for row in trail["rows"]] == ["api_key.make"]
    assert program.client.get("/api/v1/reports/lines").status_code == 403
