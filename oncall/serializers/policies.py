"""Escalation policies as the API shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import PersonBrief, TeamBrief
from oncall.conditions import OnHolidays, Otherwise
from oncall.models import Binding, EscalationPolicy, OnEmpty, PolicyStep, StepTarget, Which
from oncall.serializers.fields import Seconds

TARGETS = ("user", "schedule", "team", "owner")


class TargetSerializer(serializers.Serializer[StepTarget]):
    """Whom a step pages: a person, whoever is on call in a schedule, a team, or the team that owns the service."""

    type = serializers.SerializerMethodField()
    id = serializers.SerializerMethodField(help_text="Null for the owner.")
    name = serializers.SerializerMethodField(help_text="Empty for the owner.")
    which = serializers.SerializerMethodField(help_text="Whom of a schedule; null for others.")

    @extend_schema_field(serializers.ChoiceField(choices=TARGETS))
    def get_type(self, row: StepTarget) -> str:
        return next((kind for kind in TARGETS[:3] if getattr(row, f"{kind}_id")), "owner")

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_id(self, row: StepTarget) -> int | None:
        return row.user_id or row.schedule_id or row.team_id

    def get_name(self, row: StepTarget) -> str:
        return str(row.user or row.schedule or row.team or "")

    @extend_schema_field(serializers.ChoiceField(choices=Which.choices, allow_null=True))
    def get_which(self, row: StepTarget) -> str | None:
        return row.which if row.schedule_id else None


class ConditionWindow(serializers.Serializer[Any]):
    start = serializers.CharField(help_text="Such as 09:00.")
    minutes = serializers.IntegerField(help_text="How long, on the wall clock.")
    weekday = serializers.IntegerField(allow_null=True, help_text="0 is Monday; null is every day.")


class ConditionSerializer(serializers.Serializer[Any]):
    """When a step applies. Empty lists mean any."""

    severities = serializers.ListField(
        child=serializers.IntegerField(), default=list, help_text="1 to 4, and 0 for not declared yet."
    )
    tiers = serializers.ListField(
        child=serializers.IntegerField(), default=list, help_text="Of the service; 1 is critical."
    )
    urgencies = serializers.ListField(child=serializers.CharField(), default=list)
    windows = ConditionWindow(many=True, default=list)
    zone = serializers.CharField(default="", help_text="Of the windows; empty is each responder's own.")
    holidays = serializers.CharField(default="", help_text="A calendar of public holidays, such as DE.")
    on_holidays = serializers.ChoiceField(
        choices=[each.value for each in OnHolidays], default=OnHolidays.ANY.value
    )
    otherwise = serializers.ChoiceField(
        choices=[each.value for each in Otherwise],
        default=Otherwise.SKIP.value,
        help_text="Outside its hours the step is skipped, or waits.",
    )


class StepSerializer(serializers.ModelSerializer[PolicyStep]):
    """All targets are paged at once; then `delay` passes before the next step."""

    targets = TargetSerializer(many=True)
    delay = Seconds(help_text="In seconds.")
    condition = ConditionSerializer()

    class Meta:
        model = PolicyStep
        fields = ("uid", "targets", "delay", "condition")


class PolicySerializer(serializers.ModelSerializer[EscalationPolicy]):
    """Who is paged, in which order, and who at last when nobody answers."""

    team = TeamBrief()
    on_empty = serializers.ChoiceField(choices=OnEmpty.choices)
    binding = serializers.ChoiceField(choices=Binding.choices)
    steps = StepSerializer(many=True)
    fallback_people = PersonBrief(many=True)
    change = serializers.IntegerField(
        help_text="The number of its last change; 0 when there was none. Also its ETag."
    )

    class Meta:
        model = EscalationPolicy
        fields = (
            *("id", "name", "description", "team", "repeats", "on_empty", "binding"),
            *("steps", "fallback_people", "change"),
        )
