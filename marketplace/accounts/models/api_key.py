from django.db import models
from django.db.models import Q

from marketplace.accounts.models.user import User
from matching.models import Participant


class ApiKey(models.Model):
    """A token with which a program acts for a user, in one role and within one scope; only its SHA-256 is stored."""

    class ActsFor(models.TextChoices):
        ORGANISATION = "organisation"  # one of which the user is a member
        FINANCE = "finance"  # the exchange's, where the user is of finance staff
        OPERATIONS = "operations"  # the exchange's, where the user is an operator

    class May(models.TextChoices):
        READ = "read"
        CHANGE = (
            "change"  # trade; for finance book, prepare and ask; for operations halt, limit and all else that they do
        )
        APPROVE = "approve"  # for finance: agree, too, to what somebody else has prepared

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    acts_for = models.CharField(max_length=12, choices=ActsFor.choices, default=ActsFor.ORGANISATION)
    participant = models.ForeignKey(Participant, models.CASCADE, null=True, related_name="api_keys")
    may = models.CharField(max_length=7, choices=May.choices, default=May.CHANGE)
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)  # the first characters, shown in lists
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token, hex
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(acts_for="organisation", participant__isnull=False)
                | (~Q(acts_for="organisation") & Q(participant__isnull=True)),
                name="api_key_organisation",
            ),
            models.CheckConstraint(
                condition=~Q(may="approve") | Q(acts_for="finance"), name="api_key_finance_approves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def scope(self) -> tuple["ApiKey.ActsFor", "ApiKey.May"]:
        """For whom it acts and what it may do there."""
        return self.ActsFor(self.acts_for), self.May(self.may)
