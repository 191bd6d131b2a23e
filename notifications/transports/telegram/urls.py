"""Where Telegram sends updates."""

from django.urls import path

from notifications.transports.telegram import callbacks

urlpatterns = [path("webhook", callbacks.webhook, name="telegram-webhook")]
