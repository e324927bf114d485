from django.db import models


class NumberSeries(models.Model):
    """The last number given in a series and year; the row is locked while a number is taken, so none is skipped."""

    series = models.CharField(max_length=4)
    year = models.IntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="number_series_year")]

    def __str__(self) -> str:
        return f"SS-{self.year}-{self.series}"
