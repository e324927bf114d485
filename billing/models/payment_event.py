from django.db import models


class PaymentEvent(models.Model):
    """An event of a provider of payments that has been taken in, in the transaction of what it did, so that it does so once."""

    method = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["method", "event_id"], name="payment_event_once")]

    def __str__(self) -> str:
        return f"{self.method} {self.event_id}"
