"""The least that Django can do for a durable order: the project's own settings, one view, one INSERT."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from marketplace.handler import make_handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
settings.ROOT_URLCONF = "tests.bench.pipeline.bare_view"

behind_django = get_asgi_application()
application = make_handler()
