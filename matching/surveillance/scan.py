"""Looking through a day for patterns, and what an operator decides of what was found."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from matching.changes import record_change
from matching.models import Finding
from matching.references import BEIJING
from matching.refusal import Refusal
from matching.surveillance.patterns import STATEMENTS

NOTE_LENGTH_MAX = 500

# What has been decided stays decided, unless the pattern has gone on since.
KEEP = """
    INSERT INTO matching_finding AS f
        (pattern, day, market_id, participant_id, other_id, count, accelerator_hours, value, order_ids, trade_ids, seen_at, state, note, decided_by)
    SELECT %(pattern)s, %(day)s, found.*, %(now)s, 'open', '', ''
    FROM ({statement}) found (market_id, participant_id, other_id, count, accelerator_hours, value, order_ids, trade_ids)
    ON CONFLICT (day, pattern, market_id, participant_id, other_id) DO UPDATE
    SET count = excluded.count, accelerator_hours = excluded.accelerator_hours, value = excluded.value, order_ids = excluded.order_ids,
        trade_ids = excluded.trade_ids, seen_at = excluded.seen_at,
        state = CASE WHEN excluded.count > f.count THEN 'open' ELSE f.state END,
        decided_at = CASE WHEN excluded.count > f.count THEN NULL ELSE f.decided_at END
"""


class UnableToDecide(Refusal):
    """Why nothing was decided of a finding."""

    code = "unable_to_decide"


class NoteRequired(UnableToDecide):
    code = "note_required"
    field = "note"
    sentence = _("Say what you found, in up to %(high)s characters: whoever looks next reads it.")


class FindingHasChanged(UnableToDecide):
    code = "finding_has_changed"
    sentence = _("This has gone on since you looked. Look at the new evidence first.")


def scan_patterns(*, now: datetime, day: date | None = None) -> int:
    """Look through a Beijing day, today's by default, and keep what was found; returns how many findings were made or renewed.

    Any number of scans of a day find each pattern once.
    """
    day = day or now.astimezone(BEIJING).date()
    since = datetime.combine(day, time(), BEIJING)
    values = {"since": since, "until": since + timedelta(days=1), "day": day, "now": now}
    kept = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for pattern, statement in STATEMENTS.items():
            cursor.execute(KEEP.format(statement=statement), {**values, "pattern": pattern.value})
            kept += cursor.rowcount
    return kept


@transaction.atomic
def decide_finding(*, finding_id: int, state: str, note: str, seen_at: datetime, by: str, now: datetime) -> Finding:
    """Clear or escalate what was found, as it stood at `seen_at`; raises NoteRequired, FindingHasChanged."""
    note = note.strip()
    if not note or len(note) > NOTE_LENGTH_MAX:
        raise NoteRequired(high=NOTE_LENGTH_MAX)
    finding = Finding.objects.select_for_update(no_key=True).get(pk=finding_id)
    if finding.state == Finding.State.OPEN and finding.seen_at > seen_at:
        raise FindingHasChanged
    before = {"state": finding.state, "note": finding.note}
    finding.state, finding.note, finding.decided_by, finding.decided_at = Finding.State(state), note, by, now
    finding.save(update_fields=["state", "note", "decided_by", "decided_at"])
    record_change(
        who=by,
        what=f"finding.{'clear' if state == Finding.State.CLEARED else 'escalate'}",
        on=finding,
        now=now,
        before=before,
        after={"state": finding.state, "note": note},
        participant_id=finding.participant_id,
        why=note,
    )
    return finding
