from django.db import models


class Participant(models.Model):
    """The organisation that trades, as buyer, provider or both.

    Legal facts stand here because an invoice copies them when it is issued.
    """

    id = models.AutoField(primary_key=True)  # 32 bits: the engine's participant field
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    name_zh = models.CharField(max_length=120, blank=True)
    buys = models.BooleanField(default=True)
    provides = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)  # a demo trader, labelled as such wherever it is named
    legal_name = models.CharField(max_length=200, blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    bank_account = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
