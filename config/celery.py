"""The Celery application. Its workers also run the pumps (config.pumps): intake, sweep, senders."""

import os

from celery import Celery

from config.bootstep import Pumping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("tocsin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Pumping)
