"""The demo's sites, and what an accelerator-hour costs there.

Prices are yuan by the order of magnitude of public quotes of October and November 2025 (github.com/tugot17/gpu-price-tracker,
converted at 7.12 yuan a dollar; the H100 stands in for the H800) and of Chinese clouds' spot prices. Those of the
domestic classes are assumed: nobody publishes an hourly quote. Cities are those of the national hubs' clusters. Power
sources and green shares are assumed, after what each region's grid is known for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """Where sites stand: its two names in one, its power as in SiteProfile.Power, and the green share of it in percent."""

    name: str
    power_source: str
    green_share_percent: int


@dataclass(frozen=True, slots=True)
class Place:
    """One site of the demo: `accelerators` of the vendor's class `compute_class`, at about `price_fen` an hour."""

    slug: str
    name: str
    name_zh: str
    provider: str  # organisation slug
    compute_class: str  # the vendor's own name
    hub: str
    accelerators: int
    price_fen: int
    interconnect: str = "Ethernet 100 Gb/s"

    @property
    def city(self) -> City:
        """The city that the slug begins with."""
        return CITIES[self.slug.rsplit("-", 1)[0]]


CITIES = {
    "qingpu": City("青浦 Qingpu", "grid", 38),
    "wuhu": City("芜湖 Wuhu", "mixed", 46),
    "wujiang": City("吴江 Wujiang", "grid", 33),
    "jiashan": City("嘉善 Jiashan", "grid", 30),
    "zhangbei": City("张北 Zhangbei", "wind", 92),
    "huailai": City("怀来 Huailai", "wind", 85),
    "horinger": City("和林格尔 Horinger", "wind", 96),
    "jining": City("集宁 Jining", "wind", 90),
    "shaoguan": City("韶关 Shaoguan", "nuclear", 58),
    "tianfu": City("成都 Chengdu", "hydro", 80),
    "chongqing": City("重庆 Chongqing", "hydro", 72),
    "guian": City("贵安 Gui'an", "hydro", 78),
    "zhongwei": City("中卫 Zhongwei", "solar", 88),
    "qingyang": City("庆阳 Qingyang", "solar", 84),
}

H800 = "NVIDIA H800 80GB"
A100 = "NVIDIA A100 SXM4 80GB"
A10 = "NVIDIA A10 24GB"
K100 = "Hygon DCU K100-AI"
ASCEND = "Huawei Ascend 910B2"

IB400 = "InfiniBand NDR 400 Gb/s"
IB200 = "InfiniBand HDR 200 Gb/s"
ROCE = "RoCE 200 Gb/s"

PLACES = (
    Place("qingpu-1", "Qingpu-1", "青浦一号", "demo-delta", H800, "yangtze-delta", 104, 1490, IB400),
    Place("wuhu-2", "Wuhu-2", "芜湖二号", "huairui", H800, "yangtze-delta", 64, 1380, IB400),
    Place("zhangbei-1", "Zhangbei-1", "张北一号", "demo-north", H800, "jing-jin-ji", 96, 1420, IB400),
    Place("huailai-2", "Huailai-2", "怀来二号", "demo-steppe", H800, "jing-jin-ji", 64, 1540, IB400),
    Place("horinger-1", "Horinger-1", "和林格尔一号", "demo-steppe", H800, "inner-mongolia", 56, 1180, IB400),
    Place("wuhu-1", "Wuhu-1", "芜湖一号", "huairui", A100, "yangtze-delta", 144, 1010, IB200),
    Place("wujiang-1", "Wujiang-1", "吴江一号", "demo-delta", A100, "yangtze-delta", 120, 1080, IB200),
    Place("huailai-1", "Huailai-1", "怀来一号", "demo-north", A100, "jing-jin-ji", 112, 990, IB200),
    Place("shaoguan-1", "Shaoguan-1", "韶关一号", "demo-harbour", A100, "greater-bay", 120, 1120, IB200),
    Place("shaoguan-2", "Shaoguan-2", "韶关二号", "huairui", A100, "greater-bay", 48, 1060, IB200),
    Place("jiashan-1", "Jiashan-1", "嘉善一号", "demo-delta", A10, "yangtze-delta", 32, 520),
    Place("shaoguan-3", "Shaoguan-3", "韶关三号", "demo-harbour", A10, "greater-bay", 26, 430),
    Place("tianfu-1", "Tianfu-1", "天府一号", "demo-basin", A10, "chengdu-chongqing", 24, 470),
    Place("jining-1", "Jining-1", "集宁一号", "demo-steppe", A10, "inner-mongolia", 36, 330),
    Place("guian-1", "Gui'an-1", "贵安一号", "demo-basin", K100, "guizhou", 128, 420, ROCE),
    Place("zhongwei-1", "Zhongwei-1", "中卫一号", "demo-north", K100, "ningxia", 96, 380, ROCE),
    Place("qingyang-1", "Qingyang-1", "庆阳一号", "demo-harbour", ASCEND, "gansu", 128, 640, ROCE),
    Place("chongqing-1", "Chongqing-1", "重庆一号", "demo-basin", ASCEND, "chengdu-chongqing", 64, 760, ROCE),
)
