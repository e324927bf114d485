from django.db import models

from marketplace.accounts.models.user import User
from matching.models import Participant


class ApiKey(models.Model):
    """A token with which a program acts for a user and one of its participants; only its SHA-256 is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    participant = models.ForeignKey(Participant, models.CASCADE, null=True, related_name="api_keys")  # null: finance
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)  # the first characters, shown in lists
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token, hex
    can_trade = models.BooleanField(default=True)  # false: may only read
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
