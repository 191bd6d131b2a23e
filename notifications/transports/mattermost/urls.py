"""Where Mattermost's buttons lead."""

from django.urls import re_path

from notifications.transports.mattermost import callbacks

urlpatterns = [
    re_path(
        r"^(?P<token>[A-Za-z0-9_~-]{10,120})/(?P<verb>acknowledge|escalate)$",
        callbacks.pressed,
        name="mattermost-pressed",
    ),
]
