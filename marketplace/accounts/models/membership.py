from django.db import models

from marketplace.accounts.models.user import User
from matching.models import Participant


class Membership(models.Model):
    """A user may act for a participant."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="memberships")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "participant"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} for {self.participant}"
