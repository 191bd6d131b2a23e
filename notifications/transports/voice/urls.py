"""Where calls ask what to say, and are reported on."""

from django.urls import re_path

from notifications.transports.voice import callbacks

STEP = r"(?P<token>[A-Za-z0-9_~-]{10,120})/(?P<number>[1-9])"

urlpatterns = [
    re_path(rf"^call/{STEP}$", callbacks.call, name="voice-call"),
    re_path(rf"^digit/{STEP}$", callbacks.digit, name="voice-digit"),
    re_path(r"^status/(?P<token>[A-Za-z0-9_~-]{10,200})$", callbacks.status, name="voice-status"),
]
