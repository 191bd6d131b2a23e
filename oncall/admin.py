"""Django's admin, to look and not to change: every change is an action, in the pages of Tocsin."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import InlineBase, ReadOnly, ReadOnlyBase
from oncall.models import EscalationPolicy, Layer, Override, PolicyStep, Schedule


class LayerInline(ReadOnly, InlineBase):
    model = Layer
    extra = 0


class StepInline(ReadOnly, InlineBase):
    model = PolicyStep
    extra = 0


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["name", "team", "time_zone"]
    list_select_related = ["team"]
    search_fields = ["name", "team__name"]
    inlines = [LayerInline]


@admin.register(Override)
class OverrideAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["schedule", "user", "replaces", "starts_at", "ends_at", "reason", "withdrawn_at"]
    list_select_related = ["schedule", "user", "replaces"]
    search_fields = ["schedule__name", "user__email"]


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["name", "team", "repeats", "on_empty"]
    list_select_related = ["team"]
    search_fields = ["name", "team__name"]
    inlines = [StepInline]
