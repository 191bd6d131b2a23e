"""Where a person turns notifications on, and what makes the site an app. A worker counts for what lies below it, so
its address is at the root."""

from django.urls import path

from notifications.transports.push import views, webapp

urlpatterns = [
    path("me/push/", views.connect, name="push-connect"),
    path("me/push/key", views.key, name="push-key"),
    path("manifest.webmanifest", webapp.manifest, name="manifest"),
    path("sw.js", webapp.worker, name="worker"),
    path("offline", webapp.offline, name="offline"),
]
