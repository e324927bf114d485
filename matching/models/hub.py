from django.db import models


class Hub(models.Model):
    """A delivery region, by slug: `yangtze-delta`."""

    id = models.AutoField(primary_key=True)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=80)
    position = models.SmallIntegerField(default=0)  # order in lists

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name
