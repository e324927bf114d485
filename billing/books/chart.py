"""A chart of accounts: under which names our ledger's accounts stand in somebody's books."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext as _

from billing.models import Account

DEFAULT_CHART = Path(__file__).with_name("chart.toml")
PARTICIPANT = "{participant}"

_env = environ.Env()
_ROOTS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")
_PART = re.compile(r"[A-Z0-9](?:-|[^\W_])*")  # as Beancount reads it: letters may be Chinese, the first may not
_CURRENCY = re.compile(r"[A-Z][A-Z0-9]{1,9}")


class ChartError(Exception):
    """A chart of accounts that cannot be used; the text says why and what to do."""

    code = "chart_unusable"
    field: str | None = None


class ChartUnreadable(ChartError):
    """The file is not there or is no TOML."""


class ChartIncomplete(ChartError):
    """A kind of account has no line in the chart, or a line lacks its account."""


class ChartNameInvalid(ChartError):
    """An account's name is none that Beancount and hledger both read."""


class ChartNamesNested(ChartError):
    """One account stands inside another, so that its balance would count twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartLine:
    """Where one kind of our accounts stands: `account` may have `{participant}` as its last part."""

    account: str
    code: str = ""
    name: str = ""

    @property
    def by_participant(self) -> bool:
        """Whether each participant has an account of its own."""
        return self.account.endswith(":" + PARTICIPANT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A line for every kind of account, and the currency's code."""

    currency: str
    lines: Mapping[str, ChartLine]

    def account_name(self, *, kind: str, participant_id: int | None, slug: str | None) -> str:
        """Return the full name of one of our accounts; a participant's part is its number and slug, so no two are alike."""
        line = self.lines[kind]
        if participant_id is None or not line.by_participant:
            return line.account.removesuffix(":" + PARTICIPANT)
        plain = re.sub(r"[^A-Za-z0-9-]", "-", slug or "")
        return line.account.replace(PARTICIPANT, f"P{participant_id}-{plain}".rstrip("-"))


def read_chart(path: Path | None = None) -> Chart:
    """Read a chart of accounts from a TOML file like `billing/books/chart.toml`; raises a ChartError.

    Without a path: the file that BOOKS_CHART names, or else that one.
    """
    path = path or Path(_env.str("BOOKS_CHART", default=str(DEFAULT_CHART)))
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ChartUnreadable(_("There is no chart of accounts %(path)s.") % {"path": path}) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ChartUnreadable(
            _("The chart of accounts %(path)s cannot be read: %(why)s") % {"path": path, "why": error}
        ) from error
    given = content.get("accounts")
    lines = {kind: _line(kind, given.get(kind) if isinstance(given, dict) else None) for kind in Account.Kind.values}
    currency = str(content.get("currency", "CNY"))
    if not _CURRENCY.fullmatch(currency):
        raise ChartNameInvalid(_("%(name)s is no currency code. Write one such as CNY.") % {"name": currency})
    _check_nesting(lines)
    return Chart(currency=currency, lines=lines)


def _line(kind: str, given: Any) -> ChartLine:
    if not isinstance(given, dict) or not isinstance(given.get("account"), str):
        raise ChartIncomplete(
            _('The chart of accounts has no account for %(kind)s. Add [accounts.%(kind)s] with account = "…".')
            % {"kind": kind}
        )
    line = ChartLine(account=given["account"], code=str(given.get("code", "")), name=str(given.get("name", "")))
    parts = line.account.removesuffix(":" + PARTICIPANT).split(":")
    if parts[0] not in _ROOTS or len(parts) < 2 or not all(_PART.fullmatch(part) for part in parts):
        raise ChartNameInvalid(
            _(
                "%(name)s is no account name. It starts with %(roots)s, its parts are joined by colons and start with a "
                "capital letter or a digit, and only the last may be {participant}."
            )
            % {"name": line.account, "roots": ", ".join(_ROOTS)}
        )
    return line


def _check_nesting(lines: Mapping[str, ChartLine]) -> None:
    """Refuse an account inside another one; kinds may share one account."""
    for outer in lines.values():
        for inner in lines.values():
            if not outer.by_participant and inner.account.startswith(outer.account + ":"):
                raise ChartNamesNested(
                    _("The account %(inner)s stands inside %(outer)s, so balances would count twice. Rename one.")
                    % {"inner": inner.account, "outer": outer.account}
                )
