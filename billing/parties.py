"""Who stands on a document: the exchange's own legal facts, and a participant's as they are now."""

from __future__ import annotations

import environ

from matching.models import Participant

_env = environ.Env()

SPECIMEN = {
    "name": "Suanshi Compute Exchange (specimen)",
    "name_zh": "算市算力交易服务（样张）",
    "legal_name": "算市算力交易服务有限公司（样张）",
    "tax_id": "91320594MA2CXXXX7K",
    "address": "江苏省苏州市示例路 1 号",
    "bank_account": "示例银行 3225 0000 1024 0088",
}
"""Invented facts of the exchange, printed as a specimen until EXCHANGE_LEGAL_NAME and its siblings are set."""


def exchange_party() -> dict[str, str]:
    """Return the exchange's facts from EXCHANGE_NAME, EXCHANGE_NAME_ZH, EXCHANGE_LEGAL_NAME, EXCHANGE_TAX_ID,
    EXCHANGE_ADDRESS and EXCHANGE_BANK_ACCOUNT; each that is not set is the specimen's.
    """
    return {name: _env.str(f"EXCHANGE_{name.upper()}", default=specimen) for name, specimen in SPECIMEN.items()}


def participant_party(participant: Participant) -> dict[str, str]:
    """Copy a participant's facts, as a document keeps them."""
    return {name: getattr(participant, name) for name in SPECIMEN}


def is_specimen(party: dict[str, str]) -> bool:
    """Say whether the exchange on a document is the invented one."""
    return any(party.get(name) == SPECIMEN[name] for name in ("legal_name", "tax_id"))
