from django.db import models

from marketplace.accounts.models.user import User


class TicketPreset(models.Model):
    """A job that a person saved under a name: the ticket's address without what is about a moment."""

    user = models.ForeignKey(User, models.CASCADE, related_name="ticket_presets")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="ticket_preset_name")]

    def __str__(self) -> str:
        return self.name
