from django.db import models
from django.db.models import Q

from matching.engine.dtypes import ContractState
from matching.models.market import Market


class ContractRuling(models.Model):
    """A contract that is halted or collects orders, as its engine has been told; one that is open has no row, one that has closed needs none."""

    pk = models.CompositePrimaryKey("market_id", "hour")
    # No foreign key in the database, as with BookLevel.
    market = models.ForeignKey(Market, models.PROTECT, related_name="rulings", db_index=False, db_constraint=False)
    hour = models.IntegerField()  # delivery hour
    state = models.SmallIntegerField(choices=[(s.value, s.name) for s in ContractState])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[ContractState.COLLECTING.value, ContractState.HALTED.value]),
                name="contractruling_not_open",
            )
        ]

    def __str__(self) -> str:
        return f"Hour {self.hour} of market {self.market_id}: {self.get_state_display()}"
