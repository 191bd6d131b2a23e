"""Settings, addresses and the processes' entry points; the top layer."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
