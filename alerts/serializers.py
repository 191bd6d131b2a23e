"""Alerts as the API shows them. An integration's key is never among it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.models import Alert, AlertSeverity, AlertState, EndedBy, Integration, Outcome
from catalog.serializers import ServiceBrief
from lib.rest import Moment, Several


class IntegrationBrief(serializers.ModelSerializer[Integration]):
    """Through which door it came."""

    class Meta:
        model = Integration
        fields = ("id", "name", "kind")


class LinkSerializer(serializers.Serializer[dict[str, str]]):
    """A link or a picture, as the tool sent it: its address was not checked."""

    href = serializers.CharField(required=False)
    text = serializers.CharField(required=False)
    src = serializers.CharField(required=False)
    alt = serializers.CharField(required=False)


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """One condition that a tool reports, from its first firing to its end, and what was decided about it."""

    incident = serializers.IntegerField(
        source="incident_id",
        allow_null=True,
        help_text="The incident's number. Null while it is held back or muted, and where it is only an alert.",
    )
    service = serializers.SerializerMethodField(help_text="The service that it is about.")
    integration = IntegrationBrief()
    state = serializers.ChoiceField(choices=AlertState.choices)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices)
    count = serializers.IntegerField(help_text="How often it was reported.")
    outcome = serializers.ChoiceField(choices=Outcome.choices, help_text="What becomes of it.")
    why = serializers.CharField(help_text="How it came to its place, in words.")
    route = serializers.IntegerField(
        source="route_id", allow_null=True, help_text="The number of the route that decided."
    )
    mute = serializers.IntegerField(
        source="mute_id", allow_null=True, help_text="The number of the mute that covers it."
    )
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="Nobody is paged before: it may resolve by itself."
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="It ends then, if nothing more is heard of it."
    )
    ended_by = serializers.ChoiceField(
        choices=EndedBy.choices, allow_blank=True, help_text="What ended it; empty while it is open."
    )

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            *("id", "incident", "service", "integration", "dedup_key", "state", "severity", "summary"),
            *("source", "rule", "labels", "count", "started_at", "last_seen_at", "resolved_at"),
            *("outcome", "why", "route", "mute", "held_until", "expires_at", "ended_by", "flaps"),
        )

    @extend_schema_field(ServiceBrief)
    def get_service(self, alert: Alert) -> Any:
        """Rows of the first version name none: their integration's."""
        return ServiceBrief(alert.service or alert.integration.service).data


class AlertDetail(AlertSerializer):
    """An alert with what the tool said last."""

    details = serializers.DictField()
    links = LinkSerializer(many=True)

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "details", "links")


class AlertQuery(serializers.Serializer[Alert]):
    """Which alerts a list holds."""

    incident = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="An incident's number."
    )
    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    state = Several(child=serializers.ChoiceField(choices=AlertState.choices), required=False)
    since = Moment(required=False, help_text="Reported at this moment or later.")
