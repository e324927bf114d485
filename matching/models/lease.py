from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class LeaseHolder(models.Model):
    """A running matcher, for as long as it says so: it holds its leases until `expires_at`, by the database's clock."""

    name = models.CharField(max_length=63, unique=True)  # also the application_name of its database sessions
    started_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Who plays the markets of one link group, and how far their common log has come.

    `token` goes up whenever the lease changes hands or the group its markets. A batch is written under the token that its
    matcher was given, or not at all.
    """

    link_group = models.SlugField(primary_key=True, max_length=40)
    holder = models.ForeignKey(LeaseHolder, models.SET_NULL, null=True, related_name="leases")
    token = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)  # the last one given to a command of the group
    linked_sequence = models.BigIntegerField(default=0)  # what it was when these markets became the group's
    # Its commands cannot be played, or could not at the last attempt; for operators.
    failing_since = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(token__gte=0) & Q(sequence__gte=models.F("linked_sequence")), name="lease_goes_forward"
            )
        ]

    def __str__(self) -> str:
        return self.link_group
