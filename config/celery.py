"""The Celery application. Its workers also run the pumps (config.pumps): intake, sweep, senders."""

import os

from celery import Celery
from kombu.transport.redis import Transport
from redis.exceptions import ResponseError

from config.bootstep import Pumping

# A broker whose disk or memory is full answers and refuses. To Celery that is no lost connection but an end of the
# worker, and with it of the pumps, which need no broker: so it is told to connect again until it is taken.
Transport.connection_errors = (*Transport.connection_errors, ResponseError)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("tocsin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Pumping)
