"""Assertions as the API says and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import TeamBrief
from insights.asserting import Verdict
from insights.models import Assertion
from insights.serializers.answers import AnswerShown, shown
from insights.serializers.questions import SERVICE, SEVERITY
from lib.rest import Body, Moment
from oncall.serializers.fields import TEAM, Line, Zone

EXPECT: dict[str, Any] = {
    "type": "object",
    "description": "All that is named must hold.",
    "additionalProperties": False,
    "properties": {
        "paged": {
            "type": "object",
            "additionalProperties": False,
            "description": "One of these is paged: `anyone_of` names people by number or e-mail address, or a `team`.",
            "properties": {
                "anyone_of": {
                    "type": "array",
                    "items": {"oneOf": [{"type": "integer"}, {"type": "string", "format": "email"}]},
                },
                "team": {"type": "string"},
                "within": {"type": "integer", "description": "Seconds since the start."},
                "by": {"type": "string", "description": "A transport, such as email."},
            },
        },
        "never_empty": {"type": "boolean", "description": "No step has nobody."},
        "first_page_within": {"type": "integer", "description": "Seconds since the start."},
        "not_paged": {
            "type": "array",
            "items": {"oneOf": [{"type": "integer"}, {"type": "string", "format": "email"}]},
        },
    },
}


@extend_schema_field(EXPECT)
class Expect(serializers.JSONField):
    """What insights.assertions reads; the action checks it."""


class AssertionShown(serializers.ModelSerializer[Assertion]):
    """A question with the answer that a team expects."""

    team = TeamBrief()
    service = serializers.CharField(source="service.slug")
    expect = Expect()
    weekday = serializers.IntegerField(allow_null=True, help_text="0 is Monday; null is any day.")
    holds = serializers.BooleanField(allow_null=True, help_text="The last answer.")

    class Meta:
        model = Assertion
        fields = (
            *("id", "name", "team", "service", "severity", "at", "weekday", "local_time", "time_zone"),
            *("expect", "holds", "answer", "checked_at"),
        )


class WholeAssertion(Body):
    """All that an assertion shall be: about the instant `at`, or the next `local_time` on `weekday` in `time_zone`."""

    name = Line(max_length=120)
    team = serializers.SlugField(**TEAM)
    service = serializers.SlugField(**SERVICE)
    severity = serializers.ChoiceField(**SEVERITY)
    at = Moment(allow_null=True, default=None, help_text="One instant.")
    weekday = serializers.IntegerField(
        min_value=0, max_value=6, allow_null=True, default=None, help_text="0 is Monday; null is any day."
    )
    local_time = serializers.TimeField(
        allow_null=True, default=None, help_text="In place of `at`: each time that clocks show this."
    )
    time_zone = Zone(default="UTC")
    expect = Expect()


class AssertionQuery(serializers.Serializer[Any]):
    """Which assertions are meant."""

    team = serializers.SlugField(**TEAM, required=False)
    service = serializers.SlugField(**SERVICE, required=False)


class VerdictShown(serializers.Serializer[Verdict]):
    """An assertion as it is at this moment."""

    id = serializers.IntegerField(source="assertion.pk")
    name = serializers.CharField(source="assertion.name")
    holds = serializers.BooleanField()
    missed = serializers.ListField(
        child=serializers.CharField(), help_text="What is not as expected, in words."
    )
    answer = serializers.SerializerMethodField()

    @extend_schema_field(AnswerShown)
    def get_answer(self, verdict: Verdict) -> Any:
        return shown(verdict.answer)


class RunShown(serializers.Serializer[Any]):
    """All of them asked; for a company's own CI."""

    all_hold = serializers.BooleanField()
    results = VerdictShown(many=True)
