from django.db import models

from billing.models.transfer import Transfer
from matching.models import Command, Order


class ReplaceHold(models.Model):
    """What a replace of a bid may need beyond the bid's hold, set aside from the moment it is asked for.

    `unit_fen` is what an accelerator-hour will hold if the replace is done; null where its price stays. Clearing removes the row
    once the matcher has answered: the Hold is then exactly what is open, at the new limit if it was done.
    """

    # No foreign key in the database: commands are kept by months, and this row only while its command is new.
    command = models.OneToOneField(Command, models.PROTECT, primary_key=True, related_name="+", db_constraint=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="replace_holds")
    pending = models.OneToOneField(Transfer, models.PROTECT, null=True, related_name="+")  # null: it needs no more
    unit_fen = models.IntegerField(null=True)
    fee_bps = models.IntegerField(null=True)  # in `unit_fen`

    def __str__(self) -> str:
        return f"hold of command {self.command_id}"
