"""How old open invoices are: days past their due date, in the buckets that credit control uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Case, CharField, Count, Sum, Value, When

from billing.models import InvoiceDue

BUCKETS: tuple[tuple[str, int | None], ...] = (
    ("current", 0),
    ("1-30", 30),
    ("31-60", 60),
    ("61-90", 90),
    ("90+", None),
)
"""Name and last day overdue of each bucket; current is due today or later."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is open in a bucket."""

    name: str
    open_fen: int
    invoices: int


def bucket_of(*, due_on: date, day: date) -> str:
    """Return the bucket of an invoice due on `due_on` as of a Beijing day."""
    overdue = (day - due_on).days
    return next(name for name, last in BUCKETS if last is None or overdue <= last)


def bucket_case(day: date) -> Case:
    """Return the bucket of each InvoiceDue as of a Beijing day, for queries."""
    whens = [
        When(due_on__gte=date.fromordinal(day.toordinal() - last), then=Value(name))
        for name, last in BUCKETS
        if last is not None
    ]
    return Case(*whens, default=Value(BUCKETS[-1][0]), output_field=CharField())


def ageing(*, day: date) -> list[Bucket]:
    """Return what is open of all buyers by bucket as of a Beijing day, youngest first; every bucket is there."""
    open_now = InvoiceDue.objects.filter(open_fen__gt=0).annotate(bucket=bucket_case(day)).order_by()
    sums = {row[0]: row[1:] for row in open_now.values_list("bucket").annotate(Sum("open_fen"), Count("pk"))}
    return [Bucket(name, *sums.get(name, (0, 0))) for name, _last in BUCKETS]
