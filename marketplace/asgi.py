"""The ASGI application: `uvicorn marketplace.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

application = get_asgi_application()

from marketplace.embedded.attachment import attach_embedded_database  # noqa: E402  (needs the settings)
from matching.engines import make_engine  # noqa: E402

attach_embedded_database()
make_engine()  # loads the kernel now, not in somebody's first preview
