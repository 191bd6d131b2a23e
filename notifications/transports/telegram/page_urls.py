"""Where a person connects their account."""

from django.urls import path

from notifications.transports.telegram import views

urlpatterns = [path("", views.connect, name="telegram-connect")]
