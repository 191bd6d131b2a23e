"""Alerts as the API shows them. An integration's key is never among it."""

from __future__ import annotations

from rest_framework import serializers

from alerts.models import Alert, AlertSeverity, AlertState, Integration
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
    """One condition that a tool reports, from its first firing to its end."""

    incident = serializers.IntegerField(source="incident_id", help_text="The incident's number.")
    service = ServiceBrief(source="integration.service")
    integration = IntegrationBrief()
    state = serializers.ChoiceField(choices=AlertState.choices)
    severity = serializers.ChoiceField(choices=AlertSeverity.choices)
    count = serializers.IntegerField(help_text="How often it was reported.")

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            *("id", "incident", "service", "integration", "dedup_key", "state", "severity", "summary"),
            *("source", "count", "started_at", "last_seen_at", "resolved_at"),
        )


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
