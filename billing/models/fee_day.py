from django.db import models

from billing.models.fee_schedule import FeeSchedule
from matching.models import Participant


class FeeDay(models.Model):
    """At which rates a participant trades on a Beijing day, decided when its first trade of the day is cleared, and what it trades.

    `volume_fen` is what it traded, on either side, in the 30 days before; trades that clear later than that count from the next
    day on (`counted_to`: transfers below it had been posted). The rates are those of `schedule` at that volume.
    """

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="fee_days")
    day = models.IntegerField()  # its first delivery hour
    traded_fen = models.BigIntegerField()
    volume_fen = models.BigIntegerField()
    schedule = models.ForeignKey(FeeSchedule, models.PROTECT, related_name="days", db_index=False)
    maker_fee_bps = models.IntegerField()
    taker_fee_bps = models.IntegerField()
    counted_to = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["participant", "day"], name="fee_day_participant")]

    def __str__(self) -> str:
        return f"fees of {self.participant_id} on the day from hour {self.day}"
