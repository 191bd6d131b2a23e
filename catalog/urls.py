"""Addresses of services."""

from django.urls import path

from catalog import change_views, views

app_name = "catalog"
urlpatterns = [
    path("services/", views.services, name="services"),
    path("services/new/", views.new, name="service-new"),
    path("services/<slug:slug>/", views.service, name="service"),
    path("services/<slug:slug>/changes/", change_views.changes, name="changes"),
    path("services/<slug:slug>/changes/new/", change_views.new, name="change-new"),
    path("services/<slug:slug>/edit/", views.edit, name="service-edit"),
    path("services/<slug:slug>/archive/", views.archive, name="service-archive"),
    path("services/<slug:slug>/restore/", views.restore, name="service-restore"),
]
