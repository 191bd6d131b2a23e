"""Django's admin, to look and not to change: every change is an action, in the pages of Tocsin."""

from __future__ import annotations

from django.contrib import admin
from django.db import models

from accounts.admin import ReadOnly, ReadOnlyBase
from catalog.models import Change, Service


@admin.register(Service)
class ServiceAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["name", "team", "tier", "policy", "archived_at"]
    list_select_related = ["team", "policy"]
    list_filter = ["tier", "team"]
    search_fields = ["name", "description"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Change)
class ChangeAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["summary", "service", "source", "happened_at", "recorded_at"]
    list_select_related = ["service"]
    search_fields = ["summary", "service__name"]
