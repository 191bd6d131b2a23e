"""The noise report, for machines."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from insights.noise.reading import NoiseReport, Odd, RuleRow
from insights.noise.tally import Tally


class TallyShown(serializers.Serializer[Any]):
    """Counts over some pages; one person paged about one incident is one page."""

    pages = serializers.IntegerField()
    incidents = serializers.IntegerField()
    night = serializers.IntegerField(help_text="Between 22:00 and 06:00 on the clock of whoever was paged.")
    by_itself = serializers.IntegerField(help_text="The incident ended with its alerts, nobody declared it.")
    unanswered = serializers.IntegerField(help_text="Nobody acknowledged it.")
    useless = serializers.IntegerField(help_text="Whoever was paged says so.")
    useful = serializers.IntegerField(help_text="Whoever was paged says so.")


class RuleShown(TallyShown):
    rule = serializers.CharField()
    service = serializers.CharField(allow_null=True, help_text="Its slug.")
    integration = serializers.IntegerField(allow_null=True)


class ServiceShown(TallyShown):
    service = serializers.CharField(allow_null=True, help_text="Its slug.")


class ShiftShown(serializers.Serializer[Any]):
    schedule = serializers.IntegerField()
    name = serializers.CharField()
    pages = serializers.IntegerField()
    per_shift = serializers.FloatField(help_text="Pages for each twelve hours of a primary on call.")
    is_over = serializers.BooleanField(help_text="Above the target.")


class OddShown(serializers.Serializer[Any]):
    """An hour with far more alerts than the same hour of other weeks."""

    service = serializers.CharField(help_text="Its slug.")
    hour = serializers.DateTimeField()
    alerts = serializers.IntegerField()
    median = serializers.FloatField(help_text="Of the same hour of the week before.")
    mad = serializers.FloatField(help_text="The median absolute deviation from it.")
    weeks = serializers.IntegerField()
    score = serializers.FloatField(help_text="Scaled deviations above the median; 3.5 is the limit.")


class NoiseShown(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    target_per_shift = serializers.FloatField()
    all = TallyShown()
    to_mend = RuleShown(many=True, help_text="What would spare most.")
    rules = RuleShown(many=True, help_text="What weighs most first.")
    services = ServiceShown(many=True)
    shifts = ShiftShown(many=True)
    odd_hours = OddShown(many=True)


class NoiseQuery(serializers.Serializer[Any]):
    """What to look at."""

    days = serializers.IntegerField(required=False, min_value=1, max_value=366, help_text="28 without it.")
    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")


def shown(report: NoiseReport) -> dict[str, Any]:
    """The body of the answer."""
    body = {
        "since": report.span.start,
        "until": report.span.end,
        "target_per_shift": report.target,
        "all": report.all,
        "to_mend": [_rule(row) for row in report.to_mend],
        "rules": [_rule(row) for row in report.rules],
        "services": [
            {**_tally(row.tally), "service": row.service.slug if row.service else None}
            for row in report.services
        ],
        "shifts": [
            {
                "schedule": row.schedule.pk,
                "name": row.schedule.name,
                "pages": row.pages,
                "per_shift": round(row.per_shift, 3),
                "is_over": row.is_over,
            }
            for row in report.shifts
        ],
        "odd_hours": [_odd(each) for each in report.odd],
    }
    return dict(NoiseShown(body).data)


def _tally(found: Tally) -> dict[str, Any]:
    return dict(TallyShown(found).data)


def _rule(row: RuleRow) -> dict[str, Any]:
    return {
        **_tally(row.tally),
        "rule": row.rule,
        "service": row.service.slug if row.service else None,
        "integration": row.integration.pk if row.integration else None,
    }


def _odd(each: Odd) -> dict[str, Any]:
    return {
        "service": each.service.slug,
        "hour": each.found.hour,
        "alerts": each.found.alerts,
        "median": each.found.usual.median,
        "mad": each.found.usual.mad,
        "weeks": each.found.usual.weeks,
        "score": round(each.found.score, 2),
    }
