"""Routes and mutes as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.matching import FIELDS, OPS, WITHIN
from alerts.models import AlertSeverity, Integration, Mute, Outcome, Route
from alerts.recurring import next_spans, spec_of
from alerts.route_words import sentence
from catalog.models import Service
from lib.rest import Body, Moment

SHOWN_NEXT = 5
LARGEST_ID = 2**63 - 1
URGENCIES = [("", "As the severity says"), ("high", "High"), ("low", "Low")]


class Matcher(Body):
    """A condition. `value` is a text; a list of texts for `in`; `{"days", "from", "to", "zone"}` for `within`."""

    field = serializers.CharField(
        max_length=140, help_text=f"{', '.join(FIELDS)}, time, labels.<name> or details.<name>."
    )
    op = serializers.ChoiceField(choices=[*OPS, WITHIN], required=False)
    value = serializers.JSONField()


class RouteSerializer(serializers.ModelSerializer[Route]):
    """An ordered rule: the first whose conditions all hold decides. `integration` null: it holds for all."""

    integration = serializers.IntegerField(source="integration_id", allow_null=True)
    matchers = Matcher(many=True)
    service = serializers.CharField(
        source="service.slug", default=None, allow_null=True, help_text="Its slug."
    )
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, allow_blank=True)
    urgency = serializers.ChoiceField(choices=URGENCIES, allow_blank=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    sentence = serializers.SerializerMethodField(help_text="The whole rule in words.")

    class Meta:
        model = Route
        fields = (
            *("id", "integration", "position", "name", "is_enabled", "matchers", "service", "service_from"),
            *(
                "severity",
                "urgency",
                "outcome",
                "pause",
                "stale_after",
                "created_at",
                "changed_at",
                "sentence",
            ),
        )

    def get_sentence(self, row: Route) -> str:
        return sentence(row)


class RouteBody(Body):
    """What may be changed; what is left out stays as it is."""

    name = serializers.CharField(max_length=80, required=False)
    is_enabled = serializers.BooleanField(required=False)
    matchers = Matcher(many=True, required=False)
    service = serializers.SlugRelatedField(
        slug_field="slug", queryset=Service.objects.live(), required=False, allow_null=True
    )
    service_from = serializers.CharField(max_length=120, required=False, allow_blank=True)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices, required=False, allow_blank=True)
    urgency = serializers.ChoiceField(choices=URGENCIES, required=False, allow_blank=True)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    pause = serializers.DurationField(required=False, allow_null=True)
    stale_after = serializers.DurationField(required=False, allow_null=True)


class NewRouteBody(RouteBody):
    """A route to be, the last of its integration's; without an integration one for all."""

    name = serializers.CharField(max_length=80)
    integration = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST_ID, help_text="Its number."
    )


class MoveBody(Body):
    direction = serializers.ChoiceField(choices=[("up", "Earlier"), ("down", "Later")])


class RouteQuery(serializers.Serializer[Route]):
    """Which routes a list holds."""

    integration = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


class TriedRow(serializers.Serializer[Any]):
    """One firing: what it was, and what it would be."""

    event = serializers.IntegerField(source="event.pk")
    integration = serializers.IntegerField(source="integration.pk")
    received_at = serializers.DateTimeField(source="event.received_at")
    summary = serializers.CharField(source="signal.summary")
    matched = serializers.BooleanField()
    alert = serializers.IntegerField(source="alert.pk", allow_null=True, default=None)
    was = serializers.CharField(source="alert.outcome", allow_null=True, default=None)
    becomes = serializers.CharField(source="decision.outcome")
    service = serializers.CharField(help_text="The name of the service that it would be about.")
    severity = serializers.CharField(source="decision.severity")


class TrialSerializer(serializers.Serializer[Any]):
    """What a route would have made of the last hundred events; nothing was written."""

    events = serializers.IntegerField()
    firings = serializers.SerializerMethodField()
    matched = serializers.SerializerMethodField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Of those matched, by outcome."
    )
    alerts = serializers.IntegerField(source="keys", help_text="How many different alerts those were.")
    rows = TriedRow(many=True)

    def get_firings(self, trial: Any) -> int:
        return len(trial.rows)

    def get_matched(self, trial: Any) -> int:
        return len(trial.matched)


class Occurrence(serializers.Serializer[Any]):
    """A time in which it holds; the end is not in it."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class MuteSerializer(serializers.ModelSerializer[Mute]):
    """A time in which matching alerts are recorded and page nobody."""

    team = serializers.CharField(source="team.slug", default=None, allow_null=True, help_text="Its slug.")
    services = serializers.SerializerMethodField(help_text="Their slugs.")
    matchers = Matcher(many=True)
    held = serializers.IntegerField(help_text="How many alerts that fire it holds back now.")
    next = serializers.SerializerMethodField(help_text="The next five times, that of now among them.")

    class Meta:
        model = Mute
        fields = (
            *("id", "uid", "name", "is_maintenance", "team", "services", "with_dependents", "matchers"),
            *("starts_at", "ends_at", "recurrence", "zone", "until", "is_open", "held", "next"),
            *("created_at", "ended_at"),
        )

    def get_services(self, row: Mute) -> list[str]:
        return [each.slug for each in row.services.all()]

    @extend_schema_field(Occurrence(many=True))
    def get_next(self, row: Mute) -> list[dict[str, Any]]:
        spans = next_spans(spec_of(row), timezone.now(), SHOWN_NEXT) if row.ended_at is None else []
        return [dict(Occurrence(each).data) for each in spans]


class MuteBody(Body):
    """What may be changed; what is left out stays as it is."""

    name = serializers.CharField(max_length=300, required=False)
    is_maintenance = serializers.BooleanField(required=False)
    team = serializers.SlugField(
        max_length=80, required=False, allow_null=True, help_text="Whose: a team's slug. Null: all (admins)."
    )
    services = serializers.SlugRelatedField(
        slug_field="slug", queryset=Service.objects.live().select_related("team"), many=True, required=False
    )
    with_dependents = serializers.BooleanField(required=False)
    matchers = Matcher(many=True, required=False)
    starts_at = Moment(required=False)
    ends_at = Moment(required=False)
    recurrence = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="An RRULE."
    )
    zone = serializers.CharField(max_length=64, required=False)
    until = Moment(required=False, allow_null=True)


class NewMuteBody(MuteBody):
    """A mute to be; it begins now where it says nothing else."""

    name = serializers.CharField(max_length=300)
    ends_at = Moment()


class MuteQuery(serializers.Serializer[Mute]):
    """Which mutes a list holds."""

    state = serializers.ChoiceField(
        required=False, choices=[("now", "In force"), ("ahead", "Ahead"), ("over", "Over")]
    )
    team = serializers.SlugField(required=False, max_length=80, help_text="A team's slug.")


def door_of(number: int | None, found: Any) -> Integration | None:
    """The integration of that number among `found`; raises ValidationError where it is none of them."""
    if number is None:
        return None
    row: Integration | None = found.filter(pk=number).first()
    if row is None:
        raise serializers.ValidationError({"integration": ["There is none, or it is not yours to change."]})
    return row
