"""Where the worker in the browser posts."""

from django.urls import path

from notifications.transports.push import callbacks

urlpatterns = [
    path("answer", callbacks.answer, name="push-answer"),
    path("seen", callbacks.seen, name="push-seen"),
    path("replace", callbacks.replace, name="push-replace"),
]
