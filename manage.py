#!/usr/bin/env python
"""Django's command line, with the embedded PostgreSQL started when DATABASE_URL names no other."""

from __future__ import annotations

import os
import sys

NEED_NO_DATABASE = {"collectstatic", "compilemessages", "help", "makemessages", "version"}


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from marketplace.embedded.attachment import attach_embedded_database
    from marketplace.embedded.postgres import EmbeddedPostgresFailed

    try:
        if sys.argv[1:2] and sys.argv[1] not in NEED_NO_DATABASE:
            attach_embedded_database()
    except (EmbeddedPostgresFailed, ImproperlyConfigured) as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
