"""Where text messages and reports about them come in."""

from django.urls import path, re_path

from notifications.transports.sms import callbacks

urlpatterns = [
    path("twilio", callbacks.twilio, name="sms-twilio"),
    re_path(r"^gateway/(?P<secret>[A-Za-z0-9_-]{16,128})$", callbacks.gateway, name="sms-gateway"),
    re_path(r"^status/(?P<token>[A-Za-z0-9_~-]{10,200})$", callbacks.status, name="sms-status"),
]
