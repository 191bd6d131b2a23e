"""Celery's beat needs the schedule and the broker, not the application: without the apps it takes half the memory."""

from celery import Celery

from config import settings

app = Celery("tocsin-clock", fixups=[])
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
    broker_connection_retry_on_startup=True,
    beat_schedule=settings.CELERY_BEAT_SCHEDULE,
    task_ignore_result=True,
    task_publish_retry=False,
    timezone=settings.CELERY_TIMEZONE,
)
