"""The state of the pager itself, for machines."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from insights.operations.pulse import Pulse
from insights.operations.verdict import verdict_of
from notifications.lateness import BOUND
from notifications.models import Alarm, Circuit
from notifications.punctuality import Punctuality, Span


class OperationsQuery(serializers.Serializer[Any]):
    """How far back the figures look."""

    range = serializers.ChoiceField(choices=[span.value for span in Span], required=False)


class OverdueShown(serializers.Serializer[Any]):
    """What waits longest beyond its time."""

    subject = serializers.CharField(help_text='What it is about: "incident:42".')
    since = serializers.DateTimeField()
    seconds = serializers.FloatField()


class SweeperShown(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Host and process.")
    seen_at = serializers.DateTimeField()
    is_alive = serializers.BooleanField()


class WaitingShown(serializers.Serializer[Any]):
    pages = serializers.IntegerField()
    others = serializers.IntegerField()
    events = serializers.IntegerField()


class CircuitShown(serializers.ModelSerializer[Circuit]):
    """What carries messages and failed lately; while `opened_at` is set, other methods are used."""

    class Meta:
        model = Circuit
        fields = ("name", "failures", "opened_at", "retry_at", "reason")


class AlarmShown(serializers.ModelSerializer[Alarm]):
    class Meta:
        model = Alarm
        fields = ("kind", "text", "opened_at", "told_at")


class PunctualityShown(serializers.Serializer[Any]):
    """Seconds; null where nothing was due. Percentiles are read off a histogram, `within` is exact."""

    kind = serializers.CharField()
    count = serializers.IntegerField()
    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)
    worst = serializers.FloatField(allow_null=True)
    within = serializers.FloatField(allow_null=True, help_text="Share within the bound, 0 to 1.")


class LateShown(serializers.Serializer[Any]):
    kind = serializers.CharField()
    subject = serializers.CharField()
    what = serializers.CharField()
    due_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    cause = serializers.CharField()


class OperationsShown(serializers.Serializer[Any]):
    """Whether pages are on time now, and how late they were."""

    verdict = serializers.ChoiceField(choices=["good", "warn", "alarm"])
    text = serializers.CharField()
    bound = serializers.FloatField(help_text="Seconds that a page may be late at most.")
    read_at = serializers.DateTimeField()
    timer = OverdueShown(allow_null=True)
    page = OverdueShown(allow_null=True)
    sweepers = SweeperShown(many=True)
    waiting = WaitingShown()
    database = serializers.BooleanField()
    broker = serializers.BooleanField()
    circuits = CircuitShown(many=True)
    alarms = AlarmShown(many=True)
    range = serializers.ChoiceField(choices=[span.value for span in Span])
    lateness = PunctualityShown(many=True)
    worst = LateShown(many=True)


def shown(pulse: Pulse, span: Span, counted: list[Punctuality], worst: list[Any]) -> dict[str, Any]:
    """All of it, as OperationsShown says."""
    verdict = verdict_of(pulse)
    timer = (f"incident:{pulse.timer.incident}", pulse.timer.since) if pulse.timer else None
    page = (pulse.page.subject, pulse.page.since) if pulse.page else None
    found = {
        "verdict": verdict.tone,
        "text": verdict.words,
        "bound": BOUND.total_seconds(),
        "read_at": pulse.now,
        "timer": _overdue(timer, pulse),
        "page": _overdue(page, pulse),
        "sweepers": pulse.sweepers,
        "waiting": pulse.waiting,
        "database": pulse.database.answers,
        "broker": pulse.broker.answers,
        "circuits": pulse.circuits,
        "alarms": pulse.alarms,
        "range": span.value,
        "lateness": counted,
        "worst": worst,
    }
    return dict(OperationsShown(found).data)


def _overdue(found: tuple[str, Any] | None, pulse: Pulse) -> dict[str, Any] | None:
    if found is None:
        return None
    subject, since = found
    return {"subject": subject, "since": since, "seconds": (pulse.now - since).total_seconds()}
