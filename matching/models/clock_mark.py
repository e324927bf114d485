from django.db import models

from matching.models.market import Market


class ClockMark(models.Model):
    """How far the clock has told a market's matcher the time; only `matching/clock.py` moves it, and only forward.

    A row of its own, because the matcher locks the market's while it writes a batch. Whoever moves the mark puts the command in with the
    same statement, so there is exactly one for each step, however many clocks there are.
    """

    # No foreign key in the database: nothing would ever look it up by one.
    market = models.OneToOneField(Market, models.PROTECT, primary_key=True, related_name="+", db_constraint=False)
    told_until = models.IntegerField(default=0)  # delivery hours below this have been told as closed
    turn = models.IntegerField(default=0)  # how often it has moved

    def __str__(self) -> str:
        return f"Time of market {self.market_id}"
