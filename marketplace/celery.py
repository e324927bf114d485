"""The Celery application: `celery -A marketplace worker` and `celery -A marketplace beat`.

Tasks live in the `tasks` modules of the apps and only read the clock, lock, and call one domain verb.
"""

import os

from celery import Celery
from celery.signals import beat_init, worker_init

from marketplace.embedded.broker import use_whole_messages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

use_whole_messages()

app = Celery("suanshi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def keep_embedded_database(**_: object) -> None:
    """Hold the embedded server for as long as the worker or beat runs."""
    from marketplace.embedded.attachment import attach_embedded_database

    attach_embedded_database()
