"""Django's admin, to look and not to change: every change is an action, in the pages of Tocsin."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import ReadOnly, ReadOnlyBase
from alerts.models import Alert, Event, Integration


@admin.register(Integration)
class IntegrationAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["name", "kind", "service", "created_at", "disabled_at"]
    list_select_related = ["service"]
    list_filter = ["kind"]
    search_fields = ["name", "service__name"]
    exclude = ["key_digest", "key_sealed"]


@admin.register(Event)
class EventAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["id", "integration", "endpoint", "received_at", "processed_at", "problem"]
    list_select_related = ["integration"]
    list_filter = ["endpoint"]
    show_full_result_count = False


@admin.register(Alert)
class AlertAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["summary", "integration", "incident", "state", "severity", "count", "last_seen_at"]
    list_select_related = ["integration", "incident"]
    list_filter = ["state", "severity"]
    raw_id_fields = ["incident", "integration", "first_event", "last_event"]
    search_fields = ["summary"]
    show_full_result_count = False
