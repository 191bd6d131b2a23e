"""Schedules as the API shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import PersonBrief, TeamBrief
from oncall.drafts import LayerDraft, draft_of
from oncall.models import CalendarFeed, FeedPurpose, LayerRole, Revision, Schedule, TurnUnit
from oncall.rotation import Restriction
from oncall.serializers.fields import LocalTime, Seconds


class WindowSerializer(serializers.Serializer[Restriction]):
    """A window outside which a layer is silent, on the clock of the schedule's zone."""

    start = serializers.TimeField()
    duration = Seconds(help_text="In seconds on the wall clock; at most a week.")
    weekday = serializers.IntegerField(allow_null=True, help_text="0 is Monday; null is every day.")


class LayerSerializer(serializers.Serializer[LayerDraft]):
    """A rotation. Layers go from low to high: a higher one covers the lower ones of its role."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=LayerRole.choices)
    people = PersonBrief(many=True, help_text="In the order of their turns; somebody may stand here twice.")
    turn_length = serializers.IntegerField()
    turn_unit = serializers.ChoiceField(choices=TurnUnit.choices)
    first_handoff = LocalTime(help_text="When turn 0 begins, on the clock of the schedule's zone.")
    starts_at = serializers.DateTimeField(allow_null=True, help_text="In force from this moment on.")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="In force until just before this moment.")
    restrictions = WindowSerializer(many=True)
    skip_weekdays = serializers.ListField(
        child=serializers.IntegerField(), help_text="0 is Monday. Skipped days cost nobody a turn."
    )
    skip_holidays = serializers.CharField(help_text="A calendar of public holidays, such as DE or DE-BY.")
    skip_dates = serializers.ListField(child=serializers.DateField())


class FeedBrief(serializers.ModelSerializer[CalendarFeed]):
    """A calendar elsewhere that gives a schedule people."""

    purpose = serializers.ChoiceField(choices=FeedPurpose.choices)
    is_failing = serializers.SerializerMethodField(help_text="The last reading failed; what it said stays.")

    class Meta:
        model = CalendarFeed
        fields: tuple[str, ...] = ("id", "name", "host", "purpose", "succeeded_at", "is_failing")

    def get_is_failing(self, feed: CalendarFeed) -> bool:
        return bool(feed.error)


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """A schedule in a list."""

    team = TeamBrief()
    change = serializers.IntegerField(
        help_text="The number of its last change; 0 when there was none. Also its ETag."
    )

    class Meta:
        model = Schedule
        fields: tuple[str, ...] = (
            *("id", "name", "description", "team", "time_zone", "wants_secondary", "warns_of_gaps"),
            "change",
        )


class ScheduleDetail(ScheduleSerializer):
    """A schedule with its layers as they stand now, from low to high, and the calendars that it reads."""

    layers = serializers.SerializerMethodField()
    feeds = FeedBrief(many=True, source="read_feeds")

    class Meta(ScheduleSerializer.Meta):
        fields = (*ScheduleSerializer.Meta.fields, "layers", "feeds")

    @extend_schema_field(LayerSerializer(many=True))
    def get_layers(self, schedule: Schedule) -> Any:
        drafts: Any = [draft_of(layer) for layer in schedule.layers.all()]
        return LayerSerializer(drafts, many=True).data


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """One change: the whole before and after it."""

    actor = PersonBrief(allow_null=True)
    undoes = serializers.IntegerField(
        source="undoes.number",
        default=None,
        allow_null=True,
        help_text="The number of the change taken back.",
    )
    before = serializers.DictField(help_text="Empty for the first.")
    after = serializers.DictField()

    class Meta:
        model = Revision
        fields = ("number", "at", "actor", "undoes", "before", "after")


class StretchSerializer(serializers.Serializer[Any]):
    """From a moment until just before another."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class SourceSerializer(serializers.Serializer[Any]):
    """Why somebody is on call."""

    kind = serializers.ChoiceField(choices=["layer", "override", "feed"])
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="Of a layer or a feed; an override's reason. May be empty.")


class SegmentSerializer(StretchSerializer):
    """Who is on call from a moment until just before another."""

    people = PersonBrief(many=True)
    secondary = PersonBrief(many=True)
    shadow = PersonBrief(many=True)
    source = SourceSerializer()  # type: ignore[assignment] # a declared field; the class has no such attribute


class FinalSerializer(serializers.Serializer[Any]):
    """Who is on call in a span: layers, calendars and overrides taken together, each moment decided once."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    segments = SegmentSerializer(many=True, help_text="In order and disjoint.")
    gaps = StretchSerializer(many=True, help_text="When nobody is on call.")
    thin = StretchSerializer(
        many=True, help_text="When there is no secondary although the schedule wants one."
    )


class ChangeSerializer(StretchSerializer):
    """A stretch in which other people would be on call."""

    role = serializers.ChoiceField(choices=["primary", "secondary"])
    old = PersonBrief(many=True, help_text="Who is, as it stands. Nobody where it is a gap.")
    new = PersonBrief(many=True, help_text="Who would be.")


class BalanceSerializer(serializers.Serializer[Any]):
    """How long one person is on call in the span, as it stands and as it would be."""

    person = PersonBrief()
    before = Seconds(help_text="In seconds.")
    after = Seconds(help_text="In seconds.")


class PreviewSerializer(serializers.Serializer[Any]):
    """What a definition that is not saved would change."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    is_change = serializers.BooleanField(help_text="Whether anything would change, also after `until`.")
    changes = ChangeSerializer(many=True)
    balances = BalanceSerializer(many=True, help_text="Whose time becomes more or less, most changed first.")
    new_gaps = StretchSerializer(many=True)
    closed_gaps = StretchSerializer(many=True)
