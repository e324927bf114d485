"""Who is in the demo: four people who can sign in, their organisations, and the demo traders."""

from __future__ import annotations

from dataclasses import dataclass

DEMO_PASSWORD = "suanshi-demo"  # printed by `make demo`; the demo listens on the loopback address


@dataclass(frozen=True, slots=True)
class Organisation:
    """A participant of the demo. What an invoice prints of it is invented, and says so."""

    slug: str
    name: str
    name_zh: str
    provides: bool = False
    is_trader: bool = False  # runs by itself, labelled as a demo trader

    @property
    def legal_name(self) -> str:
        """The name an invoice prints."""
        return f"{self.name_zh}有限公司（演示）"

    @property
    def address(self) -> str:
        """The address an invoice prints."""
        return "演示地址 / Demo address"


@dataclass(frozen=True, slots=True)
class Credit:
    """Terms on which a trader of the demo buys: it pays what is due at the bank, or is late."""

    slug: str
    limit_fen: int
    terms_days: int
    pays: bool


@dataclass(frozen=True, slots=True)
class Login:
    """A person who can sign in to the demo."""

    role: str
    email: str
    organisation: str | None  # slug
    finance_role: str = ""
    operates: bool = False  # may halt and reopen markets


BUYER = Organisation("lingxi-lab", "Lingxi Lab", "灵犀实验室")
PROVIDER = Organisation("huairui", "Huairui Computing", "淮瑞算力", provides=True)

TRADERS = (
    Organisation("demo-north", "Demo North Compute", "演示·北方算力", provides=True, is_trader=True),
    Organisation("demo-delta", "Demo Delta Cloud", "演示·三角洲云", provides=True, is_trader=True),
    Organisation("demo-harbour", "Demo Harbour Compute", "演示·港湾算力", provides=True, is_trader=True),
    Organisation("demo-basin", "Demo Basin Compute", "演示·盆地算力", provides=True, is_trader=True),
    Organisation("demo-steppe", "Demo Steppe Compute", "演示·草原算力", provides=True, is_trader=True),
    Organisation("demo-model", "Demo Model Works", "演示·模型工坊", is_trader=True),
    Organisation("demo-vision", "Demo Vision Lab", "演示·视觉实验室", is_trader=True),
    Organisation("demo-genome", "Demo Genome Institute", "演示·基因研究所", is_trader=True),
    Organisation("demo-render", "Demo Render Farm", "演示·渲染工场", is_trader=True),
    Organisation("demo-weather", "Demo Weather Bureau", "演示·气象台", is_trader=True),
    Organisation("demo-campus", "Demo Campus Cloud", "演示·校园云", is_trader=True),
)

CREDITS = (Credit("demo-genome", 40_000_000, 14, pays=True), Credit("demo-render", 6_000_000, 7, pays=False))

ORGANISATIONS = (BUYER, PROVIDER, *TRADERS)

BUYER_PERSON, PROVIDER_PERSON = "buyer@demo.example", "provider@demo.example"
FINANCE, APPROVER = "finance@demo.example", "approver@demo.example"

DEMO_LOGINS = (
    Login("buyer", BUYER_PERSON, BUYER.slug),
    Login("provider", PROVIDER_PERSON, PROVIDER.slug),
    Login("finance", FINANCE, None, finance_role="finance", operates=True),
    Login("approver", APPROVER, None, finance_role="approver"),
)
