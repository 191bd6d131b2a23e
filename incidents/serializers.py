"""Incidents as the API shows them, and what it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from accounts.models import User
from accounts.serializers import PersonBrief
from catalog.models import Service
from catalog.serializers import ServiceBrief
from incidents.actions.opening import SUMMARY, TITLE
from incidents.actions.transitions import SAID
from incidents.lifecycle import verbs
from incidents.messages import incident_url
from incidents.models import (
    WRITTEN,
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
from lib.rest import Body, Moment, Several
from lib.text import one_line
from notifications.models import Attempt, DeliveryKind, DeliveryState, Urgency

CLOCKS_DIFFER = timedelta(minutes=5)
KEY = 120

# --- What is shown


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


# --- What is taken


class IncidentQuery(serializers.Serializer[Incident]):
    """Which incidents a list holds."""

    state = Several(child=serializers.ChoiceField(choices=State.choices), required=False)
    open = serializers.BooleanField(required=False, help_text="False: only what is over.")
    service = serializers.SlugField(required=False, max_length=80, help_text="The slug of a service.")
    team = serializers.SlugField(required=False, max_length=80, help_text="The slug of the owning team.")
    severity = Several(child=serializers.ChoiceField(choices=Severity.choices), required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    q = serializers.CharField(
        required=False,
        max_length=200,
        help_text="Words of the title, the summary or the timeline; or a number.",
    )
    since = Moment(required=False, help_text="Began at this moment or later.")
    until = Moment(required=False, help_text="Began before this moment.")


class OneLine(serializers.CharField):
    """Text in one line; something must be left of it."""

    def run_validation(self, data: Any = serializers.empty) -> str:
        """Raises ValidationError. The validators see what was sent."""
        line = one_line(super().run_validation(data), TITLE)
        if not line:
            self.fail("blank")
        return line


class NewIncident(Body):
    """An incident that is declared by hand. It is active at once and pages unless told otherwise."""

    service = serializers.SlugField(max_length=80, help_text="The slug of the service.")
    title = OneLine(max_length=TITLE)
    severity = serializers.ChoiceField(choices=Severity.choices)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=SUMMARY)
    page = serializers.BooleanField(required=False, help_text="Page whoever is on call. Default: true.")
    started_at = Moment(required=False, allow_null=True, help_text="When it began. Default: now.")

    def validate_service(self, slug: str) -> Service:
        """The live service of that slug."""
        found = Service.objects.live().filter(slug=slug).first()
        if found is None:
            raise serializers.ValidationError("There is no such service.")
        return found

    def validate_started_at(self, moment: Any) -> Any:
        """A little ahead is a clock that goes wrong, and is now; more is refused."""
        now = self.context["now"]
        if moment and moment > now + CLOCKS_DIFFER:
            raise serializers.ValidationError("That time is in the future.")
        return min(moment, now) if moment else None


class Declaration(Body):
    """How bad a triaged incident is, and who leads."""

    severity = serializers.ChoiceField(choices=Severity.choices)
    commander = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.responders(),
        pk_field=serializers.IntegerField(),
        required=False,
        allow_null=True,
        help_text="The number of a responder. Default: you.",
    )


class Resolution(Body):
    note = serializers.CharField(required=False, allow_blank=True, max_length=SUMMARY)


class Transition(Resolution):
    """What is to happen with the incident."""

    verb = serializers.ChoiceField(choices=[(verb, text) for verb, text in SAID.items()])


class NewNote(Body):
    """A line for the timeline, in Markdown."""

    text = serializers.CharField(max_length=20_000)
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in WRITTEN], required=False)
    happened_at = Moment(required=False, allow_null=True, help_text="When it lies before now.")


class NewUpdate(Body):
    """Where the incident stands, in Markdown."""

    phase = serializers.ChoiceField(choices=Phase.choices)
    impact = serializers.ChoiceField(
        choices=Impact.choices, required=False, help_text="What customers feel. Default: as it stands."
    )
    body = serializers.CharField(max_length=10_000)
    is_public = serializers.BooleanField(
        required=False, help_text="Show it on the status page. Default: true."
    )
