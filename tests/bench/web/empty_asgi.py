"""The project's own settings and middleware around a view that answers nothing."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
settings.ROOT_URLCONF = "tests.bench.web.empty_view"

application = get_asgi_application()
