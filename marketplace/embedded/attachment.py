"""The one call by which manage.py, the web, Celery and the tests keep the embedded database running."""

from __future__ import annotations

from django.conf import settings

from marketplace.embedded.postgres import EmbeddedPostgres

_attached: list[EmbeddedPostgres] = []  # kept alive until the process ends


def attach_embedded_database() -> None:
    """Start or join the embedded server; does nothing when DATABASE_URL names a server.

    Raises EmbeddedPostgresFailed.
    """
    if settings.EMBEDDED_POSTGRES_DIR is None or _attached:
        return
    server = EmbeddedPostgres(settings.EMBEDDED_POSTGRES_DIR)
    server.attach()
    _attached.append(server)


def revive_embedded_database() -> bool:
    """Start the embedded server again if it has ended under this process; True when it had.

    Raises EmbeddedPostgresFailed.
    """
    if not _attached or _attached[0].is_running():
        return False
    _attached[0].revive()
    return True
