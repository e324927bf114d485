"""The settings of the web process that tests start: static files as they lie, without collecting them first, and quick passwords.

`tests/conftest.py` gives the same to the tests' own process."""

from marketplace.settings import *  # noqa: F403
from marketplace.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["tests.passwords.OneRound"]
