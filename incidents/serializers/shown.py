"""Incidents as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonBrief
from catalog.serializers import ServiceBrief
from incidents.lifecycle import verbs
from incidents.messages import incident_url
from incidents.models import (
    EntryKind,
    Escalation,
    EscalationState,
    Impact,
    Incident,
    Phase,
    RoleAssignment,
    RoleName,
    Severity,
    State,
    TimelineEntry,
    Update,
)
from notifications.models import Attempt, DeliveryKind, DeliveryState, Urgency


class HeldRole(serializers.ModelSerializer[RoleAssignment]):
    """Who holds a role."""

    role = serializers.ChoiceField(choices=RoleName.choices)
    user = PersonBrief()

    class Meta:
        model = RoleAssignment
        fields = ("role", "user", "assigned_at")


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """An incident in a list. `id` is the number that people say."""

    url = serializers.SerializerMethodField(help_text="Its page for people.")
    service = ServiceBrief()
    state = serializers.ChoiceField(choices=State.choices)
    severity = serializers.ChoiceField(
        choices=Severity.choices, allow_null=True, help_text="Null until assessed."
    )
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    impact = serializers.ChoiceField(choices=Impact.choices)
    is_open = serializers.BooleanField()
    is_paging = serializers.SerializerMethodField(
        help_text="Somebody is being paged, and nobody answered yet."
    )
    created_by = PersonBrief(allow_null=True)
    acknowledged_by = PersonBrief(allow_null=True)
    roles = HeldRole(many=True)

    class Meta:
        model = Incident
        fields: tuple[str, ...] = (
            *("id", "url", "title", "summary", "service", "state", "severity", "urgency", "impact"),
            *(
                "is_open",
                "is_paging",
                "is_drill",
                "source",
                "created_by",
                "roles",
                "started_at",
                "created_at",
            ),
            *(
                "acknowledged_at",
                "acknowledged_by",
                "declared_at",
                "mitigated_at",
                "resolved_at",
                "closed_at",
            ),
        )

    def get_url(self, incident: Incident) -> str:
        return incident_url(incident)

    def get_is_paging(self, incident: Incident) -> bool:
        escalation = getattr(incident, "escalation", None)
        return escalation is not None and escalation.state == EscalationState.RUNNING


class EscalationSerializer(serializers.ModelSerializer[Escalation]):
    """The timer that pages. `next_step_at` means something only while it is running."""

    state = serializers.ChoiceField(choices=EscalationState.choices)
    policy = serializers.CharField(source="policy_name")

    class Meta:
        model = Escalation
        fields = ("state", "policy", "run", "cycle", "step", "next_step_at", "started_at", "stopped_at")


class IncidentDetail(IncidentSerializer):
    """An incident with its timer, its chain's head, and the verbs that its state allows."""

    escalation = serializers.SerializerMethodField()
    allowed = serializers.SerializerMethodField(help_text="What can be done with it now.")

    class Meta(IncidentSerializer.Meta):
        fields: tuple[str, ...] = (
            *IncidentSerializer.Meta.fields,
            "escalation",
            "allowed",
            "timeline_length",
            "timeline_head",
        )

    def get_escalation(self, incident: Incident) -> EscalationSerializer:
        escalation = getattr(incident, "escalation", None)
        return EscalationSerializer(escalation).data if escalation else None  # type: ignore[return-value] # the annotation is for the schema

    def get_allowed(self, incident: Incident) -> list[str]:
        return verbs(incident.state)


class Acknowledged(IncidentDetail):
    """The incident after an acknowledgement."""

    first = serializers.BooleanField(help_text="False when somebody had answered before.")

    class Meta(IncidentDetail.Meta):
        fields = (*IncidentDetail.Meta.fields, "first")


class EntrySerializer(serializers.ModelSerializer[TimelineEntry]):
    """One thing that happened. `hash` covers the entry and `previous`, so nothing can be changed unseen."""

    kind = serializers.ChoiceField(choices=EntryKind.choices)
    actor = PersonBrief(allow_null=True)

    class Meta:
        model = TimelineEntry
        fields = ("number", "kind", "actor", "text", "data", "happened_at", "recorded_at", "previous", "hash")


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try at handing a message over; without `answered_at` the worker died inside it."""

    class Meta:
        model = Attempt
        fields = (
            *(
                "number",
                "transport",
                "started_at",
                "answered_at",
                "succeeded",
                "permanent",
                "repeats_unknown",
            ),
            *("provider_id", "answer"),
        )


class DeliverySerializer(serializers.Serializer[Any]):
    """A line of the ledger: who was due a message, why, how, and what became of it."""

    id = serializers.IntegerField(source="delivery.pk")
    kind = serializers.ChoiceField(source="delivery.kind", choices=DeliveryKind.choices)
    user = PersonBrief(source="delivery.user", allow_null=True)
    transport = serializers.CharField(source="delivery.transport")
    address = serializers.CharField(help_text="Empty unless it is your own or you are an admin.")
    policy = serializers.CharField()
    step = serializers.IntegerField()
    cycle = serializers.IntegerField()
    is_fallback = serializers.BooleanField()
    state = serializers.ChoiceField(source="delivery.state", choices=DeliveryState.choices)
    scheduled_at = serializers.DateTimeField(source="delivery.scheduled_at")
    sent_at = serializers.DateTimeField(source="delivery.sent_at", allow_null=True)
    settled_at = serializers.DateTimeField(source="delivery.settled_at", allow_null=True)
    acknowledged_at = serializers.DateTimeField(source="delivery.acknowledged_at", allow_null=True)
    outcome = serializers.CharField(source="delivery.outcome")
    attempts = AttemptSerializer(many=True)


class UpdateSerializer(serializers.ModelSerializer[Update]):
    """A written account of where it stands."""

    phase = serializers.ChoiceField(choices=Phase.choices)
    impact = serializers.ChoiceField(choices=Impact.choices)
    author = PersonBrief(allow_null=True)

    class Meta:
        model = Update
        fields = ("id", "phase", "impact", "body", "is_public", "author", "created_at")
