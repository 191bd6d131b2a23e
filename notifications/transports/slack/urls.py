"""Where Slack sends what people press and type."""

from django.urls import path

from notifications.transports.slack import callbacks

urlpatterns = [
    path("interactive", callbacks.interactive, name="slack-interactive"),
    path("command", callbacks.command, name="slack-command"),
    path("events", callbacks.events, name="slack-events"),
]
