"""What the API takes about escalation policies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from lib.rest import Body
from notifications.models import Urgency
from oncall.conditions import ALWAYS, InvalidCondition, OnHolidays, Otherwise, from_json
from oncall.models import Binding, OnEmpty, Which
from oncall.serializers.definitions import SEEN
from oncall.serializers.fields import LARGEST_ID, TEAM, Line, PersonNumber, Seconds, described
from oncall.serializers.policies import TARGETS

_A_POLICY = "A policy cannot page another policy: name the people, schedules or teams that it pages."


class TargetType(serializers.ChoiceField):
    """What a target is."""

    default_error_messages = {
        "invalid_choice": "A target is a user, a schedule, a team or the owner, not {input}.",
        "policy": _A_POLICY,
    }

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError."""
        if isinstance(data, str) and data in ("policy", "escalation_policy"):
            self.fail("policy")
        if not isinstance(data, str) or data not in TARGETS:
            self.fail("invalid_choice", input=described(data))
        return data


class TargetBody(Body):
    """Whom a step pages."""

    type = TargetType(choices=TARGETS)
    id = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The number of the person, the schedule or the team; none for the owner.",
    )
    which = serializers.ChoiceField(
        choices=Which.choices,
        required=False,
        allow_null=True,
        help_text="Whom of a schedule. Default: primary.",
    )
    name = serializers.CharField(
        required=False, allow_blank=True, help_text="Ignored: answers name their targets."
    )

    def validate(self, attrs: Any) -> Any:
        """Raises ValidationError by field."""
        kind, number, which = attrs["type"], attrs.get("id"), attrs.get("which")
        if kind == "owner" and number is not None:
            raise serializers.ValidationError(
                {"id": "The owner is whoever owns the service: leave this out."}
            )
        if kind != "owner" and number is None:
            raise serializers.ValidationError({"id": f"Name the {kind} by its number."})
        if kind != "schedule" and which:
            raise serializers.ValidationError({"which": "This is asked of schedules only."})
        return attrs


_MOST_WINDOWS: dict[str, Any] = {"max_length": 50}


class WindowOfDay(Body):
    start = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"], help_text="Such as 09:00.")
    minutes = serializers.IntegerField(min_value=1, max_value=7 * 24 * 60, help_text="At most a week.")
    weekday = serializers.IntegerField(
        min_value=0, max_value=6, allow_null=True, default=None, help_text="0 is Monday; null is every day."
    )


class ConditionBody(Body):
    """When a step applies. What is left out means any."""

    severities = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=4),
        required=False,
        help_text="1 to 4, and 0 for not declared yet.",
    )
    tiers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=4),
        required=False,
        help_text="Of the service; 1 is critical.",
    )
    urgencies = serializers.ListField(child=serializers.ChoiceField(choices=Urgency.choices), required=False)
    windows = WindowOfDay(many=True, required=False, **_MOST_WINDOWS)
    zone = Line(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="Of the windows; empty is each responder's own.",
    )
    holidays = Line(
        required=False,
        allow_blank=True,
        max_length=16,
        help_text="A calendar of public holidays, such as DE.",
    )
    on_holidays = serializers.ChoiceField(
        choices=[each.value for each in OnHolidays],
        required=False,
        help_text="any: they do not matter; never: they are outside its hours; only: all other days are.",
    )
    otherwise = serializers.ChoiceField(
        choices=[each.value for each in Otherwise],
        required=False,
        help_text="Outside its hours the step is skipped, or waits.",
    )

    def validate(self, attrs: Any) -> Any:
        """The condition. Raises ValidationError by field."""
        windows = [{**each, "start": f"{each['start']:%H:%M}"} for each in attrs.get("windows", ())]
        try:
            return from_json({**attrs, "windows": windows})
        except InvalidCondition as error:
            raise serializers.ValidationError({error.field: error.message}) from error


class StepBody(Body):
    """All targets are paged at once; then `delay` passes before the next step."""

    uid = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Of the step that this one continues, so that running escalations find their place.",
    )
    targets = TargetBody(many=True)
    delay = Seconds(help_text="In seconds: 1 to 604800.")
    condition = ConditionBody(required=False)

    def validate(self, attrs: Any) -> Any:
        """With a condition that always holds where none is given."""
        return {"condition": ALWAYS, **attrs}


_NAME: dict[str, Any] = {"max_length": 80}
_DESCRIPTION: dict[str, Any] = {"max_length": 300, "allow_blank": True}
_REPEATS: dict[str, Any] = {
    "help_text": "How often all steps run again when nobody acknowledges: 0 to 9. Default: 1."
}
_ON_EMPTY: dict[str, Any] = {
    "choices": OnEmpty.choices,
    "help_text": "What a step does that would page nobody.",
}
_BINDING: dict[str, Any] = {
    "choices": Binding.choices,
    "help_text": "What a change means for what is escalating already.",
}
_FALLBACK: dict[str, Any] = {"help_text": "Who is paged at last; somebody must be."}


class WholePolicy(Body):
    """All that a policy shall be from now on."""

    name = Line(**_NAME)
    description = Line(**_DESCRIPTION, default="")
    repeats = serializers.IntegerField(**_REPEATS, default=1)
    on_empty = serializers.ChoiceField(**_ON_EMPTY, default=OnEmpty.SKIP.value)
    binding = serializers.ChoiceField(**_BINDING, default=Binding.FROZEN.value)
    steps = StepBody(many=True)
    fallback_people = serializers.ListField(child=PersonNumber(), **_FALLBACK)
    seen = serializers.IntegerField(**SEEN)


class NewPolicy(Body):
    """A policy to be made."""

    team = serializers.SlugField(**TEAM)
    name = Line(**_NAME)
    description = Line(**_DESCRIPTION, default="")
    repeats = serializers.IntegerField(**_REPEATS, default=1)
    on_empty = serializers.ChoiceField(**_ON_EMPTY, default=OnEmpty.SKIP.value)
    binding = serializers.ChoiceField(**_BINDING, default=Binding.FROZEN.value)
    steps = StepBody(many=True)
    fallback_people = serializers.ListField(child=PersonNumber(), **_FALLBACK)


class PolicyPart(Body):
    """What of a policy shall be different from now on; `steps`, when given, are all of them."""

    name = Line(**_NAME, required=False)
    description = Line(**_DESCRIPTION, required=False)
    repeats = serializers.IntegerField(**_REPEATS, required=False)
    on_empty = serializers.ChoiceField(**_ON_EMPTY, required=False)
    binding = serializers.ChoiceField(**_BINDING, required=False)
    steps = StepBody(many=True, required=False)
    fallback_people = serializers.ListField(child=PersonNumber(), **_FALLBACK, required=False)
    seen = serializers.IntegerField(**SEEN)


class PolicyQuery(serializers.Serializer[Any]):
    """Which policies a list holds."""

    team = serializers.SlugField(**TEAM, required=False)
