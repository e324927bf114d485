"""The Django project: the only house that knows HTTP."""

from marketplace.celery import app as celery_app

__all__ = ["celery_app"]
