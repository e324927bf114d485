"""A month of the ledger as dates, moments and delivery hours, on Beijing's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.period import BEIJING, first_hour_of
from matching.hours import moment_of


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; `first` is its first day."""

    first: date

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month of a day."""
        return cls(day.replace(day=1))

    @property
    def following(self) -> Month:
        """The month after."""
        return Month.of(self.first + timedelta(days=31))

    @property
    def start_hour(self) -> int:
        """Its first delivery hour."""
        return first_hour_of(self.first)

    @property
    def end_hour(self) -> int:
        """The first delivery hour after it."""
        return first_hour_of(self.following.first)

    @property
    def end_at(self) -> datetime:
        """The first moment after it."""
        return moment_of(self.end_hour)

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return now.astimezone(BEIJING).date() >= self.following.first

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"
