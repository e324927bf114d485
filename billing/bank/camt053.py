"""Statements as ISO 20022 CAMT.053, of any version: entries that are booked, and the balances around them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from billing.bank.statement import (
    CURRENCY,
    ReferenceMissing,
    Statement,
    StatementLine,
    StatementUnbalanced,
    StatementUnreadable,
    WrongCurrency,
)
from billing.money import yuan
from billing.sheets import AmountMalformed, LineError, LinesRefused, day_of, fen_of

SIGN = {"CRDT": 1, "DBIT": -1}


def is_camt053(content: bytes) -> bool:
    """Whether the bytes look like a CAMT.053 message."""
    return b"BkToCstmrStmt" in content[: 64 << 10]


def read_camt053(content: bytes) -> Statement:
    """Read the statements of a message as one; raises StatementUnreadable, StatementUnbalanced, LinesRefused."""
    # No entities, no network: the file comes from outside.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise StatementUnreadable(_("The file is no CAMT.053 message: %(why)s") % {"why": error}) from error
    lines: list[StatementLine] = []
    errors: list[tuple[int, LineError]] = []
    for number, entry in enumerate(_all(root, "BkToCstmrStmt/Stmt/Ntry"), start=1):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts") or "BOOK") != "BOOK":
            continue  # announced, not yet booked
        try:
            lines += _lines_of(number, entry)
        except LineError as error:
            errors.append((number, error))
    if errors:
        raise LinesRefused(errors)
    opening, closing = _balance(root, "OPBD", first=True), _balance(root, "CLBD", first=False)
    moved = sum(line.amount_fen for line in lines)
    if opening is not None and closing is not None and opening + moved != closing:
        raise StatementUnbalanced(
            _("The entries move %(moved)s, the balances differ by %(differ)s. Ask the bank for the whole statement.")
            % {"moved": yuan(moved), "differ": yuan(closing - opening)}
        )
    return Statement(lines=lines, opening_fen=opening, closing_fen=closing)


def _lines_of(number: int, entry: Any) -> list[StatementLine]:
    """Read one entry; a batch whose payments each have an amount is one line a payment."""
    total = _amount(entry)
    details = _all(entry, "NtryDtls/TxDtls")
    amounts = [_first(detail, "Amt") is not None for detail in details]
    parts = details if len(details) > 1 and all(amounts) else []
    if not parts:
        return [_line(number, entry, details[0] if details else entry, total, place=None)]
    lines = [
        _line(number, entry, detail, _amount(detail, like=entry), place=place) for place, detail in enumerate(parts, 1)
    ]
    if sum(line.amount_fen for line in lines) != total:
        raise AmountMalformed(_("The payments of this entry do not add up to it."))
    return lines


def _line(number: int, entry: Any, detail: Any, amount_fen: int, *, place: int | None) -> StatementLine:
    reference = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    if place is not None:
        reference = _text(detail, "Refs/AcctSvcrRef") or (f"{reference}/{place}" if reference else "")
    reference = reference or _text(detail, "Refs/AcctSvcrRef")
    if not reference:
        raise ReferenceMissing(_("The line has no number of the bank's."))
    party = "Dbtr" if amount_fen > 0 else "Cdtr"
    account = f"RltdPties/{party}Acct/Id"
    words = [_content(node) for node in _all(detail, "RmtInf/Ustrd")]
    return StatementLine(
        line=number,
        reference=reference[:100],
        booked_on=day_of(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm")),
        amount_fen=amount_fen,
        counterparty=(_text(detail, f"RltdPties/{party}/Nm") or _text(detail, f"RltdPties/{party}/Pty/Nm"))[:200],
        counterparty_account=(_text(detail, f"{account}/IBAN") or _text(detail, f"{account}/Othr/Id"))[:120],
        text=" ".join([*words, _text(detail, "Refs/EndToEndId")]).strip()[:500],
    )


def _amount(node: Any, *, like: Any = None) -> int:
    """Read a node's signed amount in fen; a payment without a sign has that of its entry."""
    amount = _first(node, "Amt")
    currency = "" if amount is None else str(amount.get("Ccy", ""))
    if currency != CURRENCY:
        raise WrongCurrency(_("The line is in %(currency)s; the account is in yuan.") % {"currency": currency or "—"})
    sign = SIGN.get(_text(node, "CdtDbtInd") or ("" if like is None else _text(like, "CdtDbtInd")))
    fen = fen_of(_content(amount))
    if sign is None or fen <= 0:
        raise AmountMalformed(_("%(text)s is no amount in yuan and fen.") % {"text": _content(amount) or "—"})
    return sign * fen


def _balance(root: Any, kind: str, *, first: bool) -> int | None:
    found = [b for b in _all(root, "BkToCstmrStmt/Stmt/Bal") if _text(b, "Tp/CdOrPrtry/Cd") == kind]
    if not found:
        return None
    node = found[0 if first else -1]
    return SIGN.get(_text(node, "CdtDbtInd"), 1) * fen_of(_text(node, "Amt"))


def _all(node: Any, path: str) -> list[Any]:
    """Return the nodes at a path, whatever the namespace: it names the version of the message."""
    found = node.xpath("/".join(f"*[local-name()='{step}']" for step in path.split("/")))
    return list(found)


def _first(node: Any, path: str) -> Any:
    return next(iter(_all(node, path)), None)


def _text(node: Any, path: str) -> str:
    found = _first(node, path)
    return "" if found is None else _content(found)


def _content(node: Any) -> str:
    return "" if node is None else (node.text or "").strip()
