"""Reports as the API shows them. Lengths of time are in seconds."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonBrief
from lib.rest import Moment
from oncall.serializers.duties import ScheduleBrief
from oncall.serializers.fields import TEAM, Number, Seconds
from oncall.serializers.schedules import StretchSerializer

MOST_WEEKS = 26


class CoveredSerializer(serializers.Serializer[Any]):
    """What is missing in a schedule."""

    schedule = ScheduleBrief()
    gaps = StretchSerializer(many=True, source="cover.gaps", help_text="When nobody is on call.")
    thin = StretchSerializer(
        many=True,
        source="cover.thin",
        help_text="When there is no secondary although the schedule wants one.",
    )
    uncovered = Seconds(source="cover.uncovered")
    thinly = Seconds(source="cover.thinly")


class CoverageSerializer(serializers.Serializer[Any]):
    """What is missing in the weeks ahead; where something is comes first."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    uncovered = Seconds()
    thinly = Seconds()
    schedules = CoveredSerializer(many=True)


class GapSerializer(StretchSerializer):
    """A time in which nobody is on call."""

    schedule = ScheduleBrief()


class LoadSerializer(serializers.Serializer[Any]):
    """What one person had, or will have. Being on call in two schedules at once counts in both."""

    person = PersonBrief()
    total = Seconds(source="load.total", help_text="Primary and secondary together.")
    primary = Seconds(source="load.primary")
    secondary = Seconds(source="load.secondary")
    night = Seconds(source="load.night", help_text="On the person's own clock.")
    weekend = Seconds(source="load.weekend", help_text="On the person's own clock.")
    holiday = Seconds(source="load.holiday", help_text="By the calendars of the schedules' layers.")
    pages = serializers.IntegerField(source="load.pages")
    woken = serializers.IntegerField(source="load.woken", help_text="Pages in the person's own night.")
    woken_hours = serializers.IntegerField(source="load.woken_hours")


class FairnessSerializer(serializers.Serializer[Any]):
    """How evenly hours are shared."""

    index = serializers.FloatField(help_text="Jain's index: 1 when all have the same, 1/n when one has all.")
    heaviest = PersonBrief()
    times = serializers.FloatField(help_text="How many times the average the heaviest carries.")


class LoadReportSerializer(serializers.Serializer[Any]):
    """Who carries how much; who has most comes first."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    fairness = FairnessSerializer(allow_null=True, help_text="Null for fewer than two people.")
    people = LoadSerializer(many=True)


class ReportQuery(serializers.Serializer[Any]):
    """Which schedules a report is about. What does not exist is a 404."""

    team = serializers.SlugField(**TEAM, required=False)
    schedule = Number(required=False, help_text="The number of a schedule.")


class CoverageQuery(ReportQuery):
    weeks = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_WEEKS, help_text="From now on. Default: 4."
    )


class GapsQuery(ReportQuery):
    since = Moment(required=False, help_text="Default: now.")
    until = Moment(required=False, help_text="Default: four weeks after `since`; at most 26 weeks after it.")


class LoadQuery(ReportQuery):
    since = Moment(required=False, help_text="Default: four weeks before `until`.")
    until = Moment(required=False, help_text="Default: now. At most 366 days after `since`.")
