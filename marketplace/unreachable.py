"""The database restarts, cannot be reached, or has no connection left: nothing is wrong with what was asked."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext_lazy as _

from matching.refusal import Refusal

UNREACHABLE = (OperationalError, InterfaceError)
"""What Django raises then; a pool without a free connection, a lost connection and a deadlock are OperationalErrors too."""

RETRY_AFTER_S = 5


class Unreachable(Refusal):
    """Told in place of one of UNREACHABLE. Ask again after `retry_after_s`."""

    code = "unavailable"
    sentence = _(
        "The exchange cannot reach its database now. What you sent is recorded in full or not at all. "
        "Try again in a few seconds; an order sent again under the same id is placed once."
    )
    retry_after_s = RETRY_AFTER_S


def unreachable() -> Unreachable:
    """Make what is told, and let go of the pool's connections that have ended, so that the next request gets one that works."""
    pool = getattr(connection, "pool", None)
    if pool is not None:
        pool.check()
    return Unreachable()
