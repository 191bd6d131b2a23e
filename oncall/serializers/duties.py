"""Being on call as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonBrief, TeamBrief
from lib.rest import Moment
from oncall.models import Schedule
from oncall.queries import Duty


class ScheduleBrief(serializers.ModelSerializer[Schedule]):
    team = TeamBrief()

    class Meta:
        model = Schedule
        fields = ("id", "name", "time_zone", "team")


class DutySerializer(serializers.Serializer[Any]):
    """Who is on call in one schedule at the moment asked for."""

    schedule = ScheduleBrief()
    at = serializers.SerializerMethodField(help_text="The moment that the answer is for.")
    people = PersonBrief(many=True, help_text="Nobody where it is a gap.")
    secondary = PersonBrief(many=True, help_text="Next in line.")
    shadow = PersonBrief(many=True, help_text="They are told, and never waited for.")
    until = serializers.DateTimeField(
        allow_null=True, help_text="When `people` change; null when not within four weeks."
    )
    following = PersonBrief(many=True, help_text="Who takes over then.")

    def get_at(self, duty: Duty) -> datetime:
        at: datetime = self.context["at"]
        return at


class DutyQuery(serializers.Serializer[Duty]):
    """Which moment and which schedules are asked for."""

    at = Moment(required=False, help_text="Default: now.")
    schedule = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="The number of a schedule."
    )
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of a team.")
