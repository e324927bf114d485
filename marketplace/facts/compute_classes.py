"""Kinds of accelerator and what their makers publish of them; figures that nobody publishes are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matching.models import ComputeClass

VENDORS = ("NVIDIA", "AMD", "Intel", "Huawei", "Hygon", "Cambricon", "Moore Threads", "MetaX", "Iluvatar")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassFacts:
    """Published facts of one kind of accelerator; dense BF16 figures."""

    slug: str
    name: str  # the vendor's own name
    vendor: str
    memory_gb: int | None = None
    memory_gb_per_s: int | None = None
    bf16_tflops: int | None = None
    power_w: int | None = None
    is_domestic: bool = False
    facts_source: str = ""


KNOWN_CLASSES = (
    ClassFacts(
        slug="H800-80G",
        name="NVIDIA H800 80GB",
        vendor="NVIDIA",
        memory_gb=80,
        memory_gb_per_s=3360,
        bf16_tflops=989,
        power_w=700,
        facts_source="https://www.techpowerup.com/gpu-specs/h800-sxm5.c3975",
    ),
    ClassFacts(
        slug="A100-SXM4-80G",
        name="NVIDIA A100 SXM4 80GB",
        vendor="NVIDIA",
        memory_gb=80,
        memory_gb_per_s=2039,
        bf16_tflops=312,
        power_w=400,
        facts_source="https://www.techpowerup.com/gpu-specs/a100-sxm4-80-gb.c3746",
    ),
    ClassFacts(
        slug="A10-24G",
        name="NVIDIA A10 24GB",
        vendor="NVIDIA",
        memory_gb=24,
        memory_gb_per_s=600,
        bf16_tflops=125,
        power_w=150,
        facts_source="https://www.nvidia.com/en-us/data-center/products/a10-gpu/",
    ),
    ClassFacts(
        slug="DCU-K100-AI",
        name="Hygon DCU K100-AI",
        vendor="Hygon",
        memory_gb=64,
        memory_gb_per_s=896,
        bf16_tflops=196,
        is_domestic=True,
        facts_source="https://github.com/wangzy0327/hblas-bench",
    ),
    ClassFacts(
        slug="Ascend-910B2",
        name="Huawei Ascend 910B2",
        vendor="Huawei",
        memory_gb=64,
        memory_gb_per_s=1600,
        is_domestic=True,
        facts_source="https://cset.georgetown.edu/publication/pushing-the-limits-huaweis-ai-chip-tests-u-s-export-controls/",
    ),
)

_BY_NAME = {facts.name: (position, facts) for position, facts in enumerate(KNOWN_CLASSES, start=1)}


def facts_of(name: str) -> ClassFacts:
    """Give what is known of the accelerator that its vendor calls `name`; an unlisted one gets a slug and nothing else.

    The slug drops the vendor and writes memory as in `H800-80G`.
    """
    if name in _BY_NAME:
        return _BY_NAME[name][1]
    vendor = next((vendor for vendor in VENDORS if name.startswith(f"{vendor} ")), "")
    rest = re.sub(r"(\d+) ?GB\b", r"\1G", name.removeprefix(vendor).strip())
    return ClassFacts(slug=re.sub(r"[^\w]+", "-", rest).strip("-"), name=name, vendor=vendor)


def ensure_compute_class(name: str) -> ComputeClass:
    """Find the class of the vendor's `name`, or create it with its published facts."""
    facts = facts_of(name)
    compute_class, _ = ComputeClass.objects.get_or_create(
        slug=facts.slug,
        defaults={
            "name": facts.name,
            "vendor": facts.vendor,
            "memory_gb": facts.memory_gb,
            "memory_gb_per_s": facts.memory_gb_per_s,
            "bf16_tflops": facts.bf16_tflops,
            "power_w": facts.power_w,
            "is_domestic": facts.is_domestic,
            "facts_source": facts.facts_source,
            "position": _BY_NAME[name][0] if name in _BY_NAME else len(_BY_NAME) + 1,
        },
    )
    return compute_class
