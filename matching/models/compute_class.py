from django.db import models


class ComputeClass(models.Model):
    """A standard, fungible kind of accelerator with published facts: `H800-80G`.

    Facts that nobody publishes are null and shown as unknown; `facts_source` says where the others come from.
    """

    id = models.AutoField(primary_key=True)
    slug = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)  # the vendor's own name: NVIDIA H800 80GB
    vendor = models.CharField(max_length=40)
    is_domestic = models.BooleanField(default=False)
    memory_gb = models.PositiveIntegerField(null=True)
    memory_gb_per_s = models.PositiveIntegerField(null=True)
    bf16_tflops = models.PositiveIntegerField(null=True)
    power_w = models.PositiveIntegerField(null=True)
    facts_source = models.CharField(max_length=300, blank=True)
    position = models.SmallIntegerField(default=0)  # order in lists; also picks its chart colour, c1 first

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.slug
