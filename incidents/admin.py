"""Django's admin, to look and not to change: every change is an action, in the pages of Tocsin."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import InlineBase, ReadOnly, ReadOnlyBase
from incidents.models import Escalation, Incident, RoleAssignment, TimelineEntry, Update


class RoleInline(ReadOnly, InlineBase):
    model = RoleAssignment
    extra = 0


class UpdateInline(ReadOnly, InlineBase):
    model = Update
    extra = 0


@admin.register(Incident)
class IncidentAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["id", "title", "service", "state", "severity", "urgency", "created_at", "closed_at"]
    list_filter = ["state", "severity", "urgency", "is_drill"]
    list_select_related = ["service"]
    search_fields = ["title", "service__name"]
    exclude = ["search"]
    inlines = [RoleInline, UpdateInline]


@admin.register(TimelineEntry)
class TimelineEntryAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["incident_id", "number", "kind", "actor", "text", "happened_at", "recorded_at"]
    list_filter = ["kind"]
    list_select_related = ["actor"]
    search_fields = ["incident__title", "text"]
    exclude = ["search"]


@admin.register(Escalation)
class EscalationAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["incident", "policy_name", "state", "run", "cycle", "step", "next_step_at", "stopped_at"]
    list_filter = ["state"]
    list_select_related = ["incident"]
    search_fields = ["incident__title", "policy_name"]
