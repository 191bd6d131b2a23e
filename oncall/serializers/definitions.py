"""What the API takes about schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from lib.rest import Body, Moment
from oncall.drafts import MOST_DATES, MOST_LAYERS, MOST_SLOTS, MOST_WINDOWS
from oncall.models import LayerRole, TurnUnit
from oncall.serializers.fields import TEAM, Line, LocalTime, Number, PersonNumber, Seconds, Zone

_WEEK = timedelta(weeks=1) // timedelta(seconds=1)
WEEKS, MOST_WEEKS = 8, 26


class WindowBody(Body):
    """A window outside which a layer is silent, on the clock of the schedule's zone."""

    start = serializers.TimeField(help_text="Such as 09:00.")
    duration = Seconds(
        min_value=1,
        max_value=_WEEK,
        help_text="In seconds on the wall clock, so that 22:00 and 28800 end at 06:00.",
    )
    weekday = serializers.IntegerField(
        min_value=0, max_value=6, allow_null=True, default=None, help_text="0 is Monday; null is every day."
    )


class LayerBody(Body):
    """A rotation. With the `id` of a layer of this schedule it becomes what stands here; without, it is a new one."""

    id = Number(required=False, allow_null=True)
    name = Line(max_length=80, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=LayerRole.choices, default=LayerRole.PRIMARY.value)
    people = serializers.ListField(
        child=PersonNumber(),
        help_text=f"In the order of their turns, at most {MOST_SLOTS}; somebody may stand here twice.",
    )
    turn_length = serializers.IntegerField(default=1)
    turn_unit = serializers.ChoiceField(choices=TurnUnit.choices, default=TurnUnit.WEEKS.value)
    first_handoff = LocalTime(
        help_text="When turn 0 begins, local to the schedule's zone: every hand-off is at this time of the day."
    )
    starts_at = Moment(required=False, allow_null=True, help_text="Default: now.")
    ends_at = Moment(required=False, allow_null=True, help_text="Default: it does not end.")
    restrictions = WindowBody(many=True, required=False, help_text=f"At most {MOST_WINDOWS} windows.")
    skip_weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), default=list, max_length=7
    )
    skip_holidays = Line(
        max_length=16,
        allow_blank=True,
        default="",
        help_text="A calendar of public holidays, such as DE or DE-BY.",
    )
    skip_dates = serializers.ListField(child=serializers.DateField(), default=list, max_length=MOST_DATES)


_NAME: dict[str, Any] = {"max_length": 80}
_DESCRIPTION: dict[str, Any] = {"max_length": 300, "allow_blank": True}
_LAYERS: dict[str, Any] = {"many": True, "help_text": f"From low to high, at most {MOST_LAYERS}."}
SEEN: dict[str, Any] = {
    "required": False,
    "allow_null": True,
    "min_value": 0,
    "help_text": "The `change` that you have read: when there is a later one, nothing is stored.",
}


class NewSchedule(Body):
    """A schedule to be made."""

    team = serializers.SlugField(**TEAM)
    name = Line(**_NAME)
    description = Line(**_DESCRIPTION, default="")
    time_zone = Zone()
    wants_secondary = serializers.BooleanField(default=False)
    warns_of_gaps = serializers.BooleanField(default=True)
    layers = LayerBody(**_LAYERS, required=False)


class WholeSchedule(Body):
    """All that a schedule shall be from now on. Layers that are not named go; what was, stays as it was."""

    name = Line(**_NAME)
    description = Line(**_DESCRIPTION, default="")
    time_zone = Zone()
    wants_secondary = serializers.BooleanField(default=False)
    warns_of_gaps = serializers.BooleanField(default=True)
    layers = LayerBody(**_LAYERS)
    seen = serializers.IntegerField(**SEEN)


class SchedulePart(Body):
    """What of a schedule shall be different from now on; `layers`, when given, are all of them."""

    name = Line(**_NAME, required=False)
    description = Line(**_DESCRIPTION, required=False)
    time_zone = Zone(required=False)
    wants_secondary = serializers.BooleanField(required=False)
    warns_of_gaps = serializers.BooleanField(required=False)
    layers = LayerBody(**_LAYERS, required=False)
    seen = serializers.IntegerField(**SEEN)


class Undoing(Body):
    """Which change is to be taken back."""

    number = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="The change that is meant: when there is a later one, nothing is undone. Default: the last.",
    )


class ScheduleQuery(serializers.Serializer[Any]):
    """Which schedules a list holds."""

    team = serializers.SlugField(**TEAM, required=False)


class SpanQuery(serializers.Serializer[Any]):
    """Which time is asked for."""

    since = Moment(required=False, help_text="Default: now.")
    until = Moment(required=False, help_text="The end is not part of it. Default: four weeks after `since`.")


class AheadQuery(serializers.Serializer[Any]):
    """How far to look."""

    weeks = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_WEEKS, help_text=f"Default: {WEEKS}."
    )
