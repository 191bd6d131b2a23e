"""Answers about paging as the API says them. Lengths are whole seconds since the start of what they are in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonBrief
from incidents.models import Severity
from insights.simulator import Answer, Reason, Rung, Told
from notifications.models import Urgency

_TARGETS = {
    "user": ("user", None),
    "schedule": ("schedule", "primary"),
    "secondary": ("schedule", "secondary"),
    "everybody": ("schedule", "all"),
    "round_robin": ("schedule", "round_robin"),
    "team": ("team", None),
    "owner": ("owner", None),
}
"""As policies name what a step pages."""


class Length(serializers.DurationField):
    """In whole seconds."""

    def to_representation(self, value: Any) -> Any:
        return int(value.total_seconds())


class WayShown(serializers.Serializer[Told]):
    """One way to reach somebody."""

    transport = serializers.CharField(help_text="Such as email.")
    after = serializers.SerializerMethodField(
        help_text="Seconds after they are paged, quiet hours counted in."
    )
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="The end of quiet hours that hold it back."
    )
    together = Length(
        help_text="Seconds within which further pages by it are told together; 0: each by itself."
    )
    is_fallback = serializers.BooleanField(
        help_text="The fallback of the installation, since they have no way."
    )

    def get_after(self, way: Told) -> int:
        return int(way.after.total_seconds())


class ReasonShown(serializers.Serializer[Reason]):
    """A target that led to somebody, as policies name it; of the owner its team."""

    type = serializers.SerializerMethodField()
    id = serializers.IntegerField()
    name = serializers.CharField()
    which = serializers.SerializerMethodField(help_text="Whom of a schedule; empty for others.")

    def get_type(self, reason: Reason) -> str:
        return _TARGETS[reason.kind][0]

    def get_which(self, reason: Reason) -> str:
        return _TARGETS[reason.kind][1] or ""


class PagedShown(serializers.Serializer[Any]):
    """Somebody who is paged."""

    person = PersonBrief()
    because = ReasonShown(many=True, help_text="Empty for admins, when the fallback has nobody.")
    ways = WayShown(many=True)


class PassedShown(serializers.Serializer[Any]):
    """A step that pages nobody."""

    step = serializers.IntegerField()
    round = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=["nobody", "no_targets", "condition", "hours"])
    detail = serializers.CharField(help_text="Of a condition or of hours, in words.")
    outcome = serializers.ChoiceField(
        choices=["passed", "held", "waits", "fallback", "in_vain"],
        help_text="passed: the next step at once; held, waits: see `until`; fallback: it is paged in its place; "
        "in_vain: that, after an hour.",
    )
    unreachable = PersonBrief(
        many=True, help_text="They would be paged, but have no verified contact method."
    )


class RungShown(serializers.Serializer[Rung]):
    """What happens at one due time."""

    at = serializers.DateTimeField()
    after = serializers.SerializerMethodField(help_text="Seconds since the start.")
    kind = serializers.ChoiceField(choices=["step", "fallback", "hold", "wait"])
    step = serializers.IntegerField(help_text="From 1.")
    round = serializers.IntegerField(help_text="From 1; each repeat of all steps is one more.")
    people = PagedShown(many=True)
    told = PersonBrief(many=True, help_text="They shadow: told, not waited for.")
    passed = PassedShown(many=True, help_text="Steps that are passed over before it, or that wait.")
    unreachable = PersonBrief(many=True)
    until = serializers.DateTimeField(allow_null=True, help_text="How long a step is held or waits.")
    admins = serializers.BooleanField(help_text="The fallback has nobody: `people` are the admins.")
    again = Length(allow_null=True, help_text="Seconds after which the fallback is paged again, for good.")

    def get_after(self, rung: Rung) -> int:
        start: datetime = self.context["start"]
        return int((rung.at - start).total_seconds())


class AnswerShown(serializers.Serializer[Answer]):
    """Who is paged, when, how and why, until and with the first round of the fallback, if nobody answers."""

    service = serializers.CharField(source="question.service.slug")
    severity = serializers.ChoiceField(source="question.severity", choices=Severity.choices, allow_null=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    at = serializers.DateTimeField(source="question.at")
    policy = serializers.IntegerField(source="question.policy_id")
    policy_name = serializers.CharField()
    supposed = serializers.BooleanField(
        source="question.is_supposed", help_text="Whether there are what-ifs."
    )
    first_page_after = Length(allow_null=True, help_text="Seconds; null when nobody is ever paged.")
    rungs = RungShown(many=True)
    last_resort = serializers.CharField(
        help_text="The channel of the installation's fallback, for whoever cannot be reached; empty without one."
    )
    complete = serializers.BooleanField(
        help_text="False where the fallback comes after more due times than are followed."
    )


def shown(found: Answer) -> Any:
    """The body of an answer."""
    return AnswerShown(found, context={"start": found.question.at}).data
