"""Questions about paging, as the API takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from incidents.models import Severity
from lib.rest import Body, Moment
from notifications.models import Urgency
from oncall.actions.policies import LONGEST_WAIT, MOST_REPEATS, MOST_STEPS, SHORTEST_WAIT
from oncall.models import OnEmpty, OverrideKind
from oncall.serializers.fields import LARGEST_ID, Number, PersonNumber
from oncall.serializers.rules import StepBody

MOST_SUPPOSED = 20
SERVICE: dict[str, Any] = {"max_length": 80, "help_text": "The slug of a service."}
SEVERITY: dict[str, Any] = {
    "choices": Severity.choices,
    "allow_null": True,
    "default": None,
    "help_text": "Null: an alert that nobody has declared yet.",
}


class _Span(Body):
    """From one moment until just before another."""

    def validate(self, attrs: Any) -> Any:
        """Raises ValidationError."""
        if attrs["ends_at"] <= attrs["starts_at"]:
            raise serializers.ValidationError({"ends_at": "The end must be after the start."})
        return attrs


class SupposedOverride(_Span):
    """An override that is not made."""

    schedule = Number(help_text="The number of a schedule.")
    kind = serializers.ChoiceField(choices=OverrideKind.choices, default=OverrideKind.REPLACE.value)
    user = PersonNumber()
    replaces = PersonNumber(
        required=False, allow_null=True, help_text="Default: everybody who is primary then."
    )
    starts_at = Moment()
    ends_at = Moment()


class SupposedAbsence(_Span):
    """Somebody counts as nobody for a while."""

    user = PersonNumber()
    starts_at = Moment()
    ends_at = Moment()


class SupposedPolicy(Body):
    """What a policy would say; what is left out stays as it is stored."""

    steps = StepBody(many=True, required=False)
    fallback_people = serializers.ListField(child=PersonNumber(), required=False, max_length=50)
    repeats = serializers.IntegerField(required=False, min_value=0, max_value=MOST_REPEATS)
    on_empty = serializers.ChoiceField(choices=OnEmpty.choices, required=False)

    def validate_steps(self, steps: Any) -> Any:
        """Raises ValidationError."""
        if not 1 <= len(steps) <= MOST_STEPS:
            raise serializers.ValidationError(f"A policy has 1 to {MOST_STEPS} steps.")
        if any(not SHORTEST_WAIT <= step["delay"] <= LONGEST_WAIT for step in steps):
            most = LONGEST_WAIT // timedelta(seconds=1)
            raise serializers.ValidationError(f"A delay is 1 to {most} seconds.")
        return steps


class QuestionBody(Body):
    """An incident of `service` begins `at`, and nobody answers."""

    service = serializers.SlugField(**SERVICE)
    severity = serializers.ChoiceField(**SEVERITY)
    urgency = serializers.ChoiceField(
        choices=Urgency.choices,
        default=Urgency.HIGH.value,
        help_text="Of an alert; a severity decides it by itself.",
    )
    at = Moment(required=False, help_text="Default: now.")
    policy = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="What if this policy paged? Default: the service's.",
    )
    draft = SupposedPolicy(required=False, help_text="What if the policy were changed to this?")
    overrides = SupposedOverride(many=True, required=False)
    absences = SupposedAbsence(many=True, required=False)

    def validate(self, attrs: Any) -> Any:
        """Raises ValidationError."""
        for name in ("overrides", "absences"):
            if len(attrs.get(name, ())) > MOST_SUPPOSED:
                raise serializers.ValidationError({name: f"Suppose at most {MOST_SUPPOSED}."})
        return attrs
