from django.db import models
from django.db.models import Q

from billing.models.invoice import Invoice


class Fapiao(models.Model):
    """The number that the tax platform gave an invoice (数电票号码), or the red letter of a credit note (红字).

    Our application number is the document's own.
    """

    invoice = models.OneToOneField(Invoice, models.PROTECT, primary_key=True, related_name="fapiao")
    number = models.CharField(max_length=20, unique=True)  # 20 digits
    confirmation = models.CharField(max_length=32, blank=True)  # of a note: the platform's 红字信息确认单编号
    issued_on = models.DateField()  # by the platform, Beijing
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=254)  # who brought the file

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9]{20}$"), name="fapiao_number_has_20_digits"),
        ]

    def __str__(self) -> str:
        return self.number
