"""The audit trail: what differs is kept, and nobody edits it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from matching.changes import Thing, fields_of, record_change
from matching.models import Change, Hub

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 11, 21, 4, tzinfo=UTC)


def test_a_change_keeps_what_differs_and_cannot_be_edited() -> None:
    hub = Hub.objects.create(slug="h", name="Hub", name_zh="枢纽")
    before = fields_of(hub, ("name", "name_zh"))
    hub.name = "New"
    record_change(who="ann@x", what="hub.rename", on=hub, before=before, after=fields_of(hub, ("name", "name_zh")), now=NOW)  # fmt: skip
    made = Change.objects.get()
    assert (made.object_kind, made.object_id, made.object_name) == ("matching.hub", str(hub.pk), str(hub))
    assert (made.before, made.after) == ({"name": "Hub"}, {"name": "New"})
    for sql in ("UPDATE matching_change SET who = 'bob@x'", "DELETE FROM matching_change"):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert Change.objects.get().who == "ann@x"


def test_what_is_no_row_can_be_an_object() -> None:
    record_change(who="ann@x", what="books.export", on=Thing("billing.books", "", "2025-11"), after={"first": date(2025, 11, 1)}, now=NOW)  # fmt: skip
    assert Change.objects.get().after == {"first": "2025-11-01"}
