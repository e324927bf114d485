"""The eight national hubs of the East Data West Compute plan, in the order in which lists show them."""

from __future__ import annotations

from dataclasses import dataclass

from matching.models import Hub


@dataclass(frozen=True, slots=True)
class HubFacts:
    """A hub as it is published: its slug here and its two names."""

    slug: str
    name: str
    name_zh: str


NATIONAL_HUBS = (
    HubFacts("jing-jin-ji", "Jing-Jin-Ji", "京津冀"),
    HubFacts("yangtze-delta", "Yangtze Delta", "长三角"),
    HubFacts("greater-bay", "Greater Bay Area", "粤港澳大湾区"),
    HubFacts("chengdu-chongqing", "Chengdu-Chongqing", "成渝"),
    HubFacts("inner-mongolia", "Inner Mongolia", "内蒙古"),
    HubFacts("guizhou", "Guizhou", "贵州"),
    HubFacts("gansu", "Gansu", "甘肃"),
    HubFacts("ningxia", "Ningxia", "宁夏"),
)

NATIONAL_HUB_SLUGS = frozenset(facts.slug for facts in NATIONAL_HUBS)


def ensure_hubs() -> dict[str, Hub]:
    """Create the national hubs that are missing; returns all of them by slug."""
    for position, facts in enumerate(NATIONAL_HUBS, start=1):
        Hub.objects.get_or_create(
            slug=facts.slug, defaults={"name": facts.name, "name_zh": facts.name_zh, "position": position}
        )
    return {hub.slug: hub for hub in Hub.objects.filter(slug__in=NATIONAL_HUB_SLUGS)}
