"""Calendars that are read and offered, as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.core.validators import URLValidator
from rest_framework import serializers

from accounts.serializers import PersonBrief, TeamBrief
from lib.rest import Body
from oncall.calendars.fetching import clean_url
from oncall.models import CalendarLink, FeedPurpose
from oncall.serializers.duties import ScheduleBrief
from oncall.serializers.fields import TEAM, Line, Number
from oncall.serializers.schedules import FeedBrief

LONGEST_URL = 2000


class CalendarFeedSerializer(FeedBrief):
    """A calendar elsewhere that is read every hour. Its address is a secret and never shown; `host` is."""

    schedule = ScheduleBrief(allow_null=True)
    user = PersonBrief(allow_null=True, help_text="Whose time off it says; null for a schedule's.")

    class Meta(FeedBrief.Meta):
        fields = (
            *FeedBrief.Meta.fields,
            *("schedule", "user", "fetched_at", "next_fetch_at", "created_at"),
        )


class FeedProblem(serializers.Serializer[Any]):
    event = serializers.CharField()
    message = serializers.CharField()


class FeedDetail(CalendarFeedSerializer):
    """The calendar with why it could not be read and which events were not understood, for those who may change
    it."""

    problems = FeedProblem(many=True)

    class Meta(CalendarFeedSerializer.Meta):
        fields = (*CalendarFeedSerializer.Meta.fields, "failures", "error", "problems")


class CalendarUrl(serializers.CharField):
    """https://, http:// or webcal://, which is https:// by another name."""

    def __init__(self, **kwargs: Any) -> None:
        validators = [URLValidator(schemes=["http", "https", "webcal", "webcals"])]
        super().__init__(**{"max_length": LONGEST_URL, "validators": validators, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The address as it is fetched. Raises ValidationError."""
        found = super().run_validation(data)
        return clean_url(found) if isinstance(found, str) else found


class NewFeed(Body):
    """A calendar to be read. It is fetched at once: an address without a calendar is refused."""

    name = Line(max_length=80)
    url = CalendarUrl(help_text="Where it is; kept encrypted and never shown.")
    schedule = Number(required=False, allow_null=True, help_text="Default: none, it says when you are away.")
    purpose = serializers.ChoiceField(
        choices=FeedPurpose.choices,
        required=False,
        help_text="Default: layer for a schedule, absences without one.",
    )


class FeedPart(Body):
    """Another name or address."""

    name = Line(max_length=80, required=False)
    url = CalendarUrl(required=False, help_text="Another address; it is fetched at once.")


class FeedQuery(serializers.Serializer[Any]):
    """Which calendars a list holds."""

    schedule = Number(required=False, help_text="The number of a schedule.")
    purpose = serializers.ChoiceField(choices=FeedPurpose.choices, required=False)


class CalendarLinkSerializer(serializers.ModelSerializer[CalendarLink]):
    """A secret address for subscribing to shifts: your own, a schedule's, or those of a team's schedules."""

    user = PersonBrief(allow_null=True)
    schedule = ScheduleBrief(allow_null=True)
    team = TeamBrief(allow_null=True)

    class Meta:
        model = CalendarLink
        fields: tuple[str, ...] = (*("id", "user", "schedule", "team", "hint", "created_at", "last_used_at"),)


class MadeLink(CalendarLinkSerializer):
    """With the address, this once: only its digest is kept."""

    url = serializers.CharField()
    webcal_url = serializers.CharField(help_text="The same; it opens a calendar program.")

    class Meta(CalendarLinkSerializer.Meta):
        fields = (*CalendarLinkSerializer.Meta.fields, "url", "webcal_url")


class NewLink(Body):
    """Whose shifts: a schedule's, a team's, or without either your own."""

    schedule = Number(required=False, allow_null=True)
    team = serializers.SlugField(**TEAM, required=False, allow_null=True)

    def validate(self, attrs: Any) -> Any:
        """Raises ValidationError by field."""
        if attrs.get("schedule") and attrs.get("team"):
            raise serializers.ValidationError({"team": "Name a schedule or a team, not both."})
        return attrs
