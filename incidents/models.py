"""The incident, its timeline, the escalation that pages for it, and what is told about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from catalog.models import Service
from notifications.models import Urgency
from oncall.models import EscalationPolicy


class State(models.TextChoices):
    """Moved only as incidents.lifecycle allows."""

    TRIAGE = "triage", _("Triage")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ACTIVE = "active", _("Active")
    MITIGATED = "mitigated", _("Mitigated")
    MONITORING = "monitoring", _("Monitoring")
    RESOLVED = "resolved", _("Resolved")
    DISMISSED = "dismissed", _("Dismissed")


CLOSED = (State.RESOLVED, State.DISMISSED)
DECLARED = (State.ACTIVE, State.MITIGATED, State.MONITORING)


class Severity(models.IntegerChoices):
    SEV1 = 1, _("SEV1")
    SEV2 = 2, _("SEV2")
    SEV3 = 3, _("SEV3")
    SEV4 = 4, _("SEV4")


class Impact(models.TextChoices):
    """What customers feel, in the status page's words."""

    NONE = "operational", _("No impact")
    DEGRADED = "degraded_performance", _("Degraded performance")
    PARTIAL = "partial_outage", _("Partial outage")
    MAJOR = "major_outage", _("Major outage")


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> IncidentQuerySet:
        return self.exclude(state__in=CLOSED)

    def closed(self) -> IncidentQuerySet:
        return self.filter(state__in=CLOSED)

    def paging(self, user: User) -> IncidentQuerySet:
        """Those that are paging `user` right now and wait for an acknowledgement."""
        return self.filter(escalation__state=EscalationState.RUNNING, escalation__paged__contains=[user.id])

    def matching(self, text: str) -> IncidentQuerySet:
        """Full-text over title, summary and what was written on the timeline; a number finds its incident."""
        query = SearchQuery(text, search_type="websearch", config="simple")
        found = Q(search=query) | Q(id__in=TimelineEntry.objects.filter(search=query).values("incident_id"))
        number = text.lstrip("#")
        if number.isascii() and number.isdigit() and len(number) < 18:
            found |= Q(id=int(number))
        return self.filter(found)


class Incident(models.Model):
    """The one object from the first alert to the last action item. Its id is the number that people say."""

    title = models.CharField(_("title"), max_length=300)
    summary = models.TextField(_("summary"), blank=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="incidents")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.TRIAGE)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity, null=True, blank=True)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency, default=Urgency.HIGH)
    impact = models.CharField(_("customer impact"), max_length=24, choices=Impact, default=Impact.NONE)
    is_drill = models.BooleanField(default=False)
    source = models.CharField(
        max_length=60, blank=True, help_text="What opened it: an integration's kind, or a person."
    )
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(help_text="When it began, as far as known.")
    created_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    declared_at = models.DateTimeField(null=True, blank=True)
    mitigated_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    timeline_length = models.PositiveIntegerField(default=0)
    timeline_head = models.CharField(
        max_length=64, blank=True, help_text="Hash of the newest timeline entry."
    )
    search = models.GeneratedField(
        expression=SearchVector("title", "summary", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="incident_state_known"),
            models.CheckConstraint(
                condition=Q(severity=None) | Q(severity__in=Severity.values), name="incident_severity_known"
            ),
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="incident_urgency_known"),
            models.CheckConstraint(condition=Q(impact__in=Impact.values), name="incident_impact_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[s.value for s in DECLARED]) | Q(severity__isnull=False),
                name="incident_declared_has_severity",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in CLOSED], closed_at__isnull=False)
                | (~Q(state__in=[s.value for s in CLOSED]) & Q(closed_at=None)),
                name="incident_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["service", "id"],
                name="incident_open_by_service",
                condition=~Q(state__in=["resolved", "dismissed"]),
            ),
            models.Index(fields=["state", "-id"], name="incident_state_newest"),
            models.Index(fields=["-started_at"], name="incident_started"),
            GinIndex(fields=["search"], name="incident_search"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED

    @property
    def is_declared(self) -> bool:
        return self.state in DECLARED


class EntryKind(models.TextChoices):
    OPENED = "opened", _("Opened")
    ALERT = "alert", _("Alert")
    STATE = "state", _("State")
    PAGED = "paged", _("Paged")
    ESCALATION = "escalation", _("Escalation")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    NOTE = "note", _("Note")
    ACTION = "action", _("Action")
    HYPOTHESIS = "hypothesis", _("Hypothesis")
    DECISION = "decision", _("Decision")
    ROLE = "role", _("Role")
    UPDATE = "update", _("Update")
    CHANGED = "changed", _("Changed")


WRITTEN = (EntryKind.NOTE, EntryKind.ACTION, EntryKind.HYPOTHESIS, EntryKind.DECISION)


class TimelineEntry(models.Model):
    """One thing that happened. Never changed or deleted (a trigger refuses), chained by hashes per incident.

    `text` is Markdown when a person wrote it. `data` holds what the sentence was made of, for machines.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=EntryKind)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    search = models.GeneratedField(
        expression=SearchVector("text", config="simple"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        ordering = ["incident_id", "number"]
        verbose_name_plural = "timeline entries"
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="timeline_number_once"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="timeline_kind_known"),
        ]
        indexes = [GinIndex(fields=["search"], name="timeline_search")]


class EscalationState(models.TextChoices):
    """Moved only as incidents.lifecycle allows."""

    RUNNING = "running", _("Paging")
    STOPPED = "stopped", _("Stopped")


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def due(self, now: datetime) -> EscalationQuerySet:
        return self.filter(state=EscalationState.RUNNING, next_step_at__lte=now).order_by(
            "next_step_at", "id"
        )

    def due_ids(self, now: datetime) -> models.QuerySet[Escalation, int]:
        """The ids of `due`, answered by the index `escalation_due` alone: it holds both columns and the state."""
        return self.due(now).values_list("pk", flat=True)

    def running(self) -> EscalationQuerySet:
        return self.filter(state=EscalationState.RUNNING)


class Escalation(models.Model):
    """The timer that pages for one incident: the row is the timer, `next_step_at` its due time.

    `plan` is the policy as it was when the escalation began, or, of a live policy, when its last step ran (oncall.plan,
    as JSON). `cycle` and `step` are the position that is due next. `rounds` counts what was paged in this run: it
    names a step in the keys of its deliveries, also where steps of a live policy moved. `paged` are the ids of
    everybody paged so far. `waiting` says why nobody is paged before `next_step_at`, for people. When it was stopped
    by an acknowledgement, `remind_at` and `lapses_at` are its timers, where the service wants them.
    """

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="escalation")
    policy = models.ForeignKey(
        EscalationPolicy, null=True, blank=True, on_delete=models.SET_NULL, related_name="escalations"
    )
    policy_name = models.CharField(max_length=80)
    plan: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=EscalationState, default=EscalationState.RUNNING)
    run = models.PositiveSmallIntegerField(
        default=1, help_text="Raised when paging is started again by hand."
    )
    cycle = models.PositiveIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    rounds = models.PositiveIntegerField(default=0)
    waiting = models.CharField(max_length=300, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    next_step_at = models.DateTimeField()
    paged: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    lapses_at = models.DateTimeField(null=True, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=EscalationState.values), name="escalation_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running", stopped_at=None) | Q(state="stopped", stopped_at__isnull=False),
                name="escalation_stopped_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["next_step_at", "id"], name="escalation_due", condition=Q(state="running")),
            models.Index(
                fields=["remind_at"], name="escalation_reminds", condition=Q(remind_at__isnull=False)
            ),
            models.Index(
                fields=["lapses_at"], name="escalation_lapses", condition=Q(lapses_at__isnull=False)
            ),
        ]


class Channel(models.Model):
    """A chat room that hears of incidents: those of one service, or of all services of one team.

    `address` is what the transport needs to post there. It hears when an incident opens, and its message is changed
    as the state changes.
    """

    service = models.ForeignKey(Service, null=True, on_delete=models.CASCADE, related_name="channels")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="channels")
    transport = models.CharField(max_length=32)
    address = models.CharField(max_length=500)
    label = models.CharField(max_length=60, blank=True)
    secret = models.TextField(blank=True, help_text="Sealed.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(service=None, team__isnull=False) | Q(service__isnull=False, team=None),
                name="channel_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["service", "transport", "address"],
                name="channel_once_per_service",
                condition=Q(service__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["team", "transport", "address"],
                name="channel_once_per_team",
                condition=Q(team__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.address


class RoleName(models.TextChoices):
    COMMANDER = "commander", _("Incident commander")
    COMMUNICATIONS = "communications", _("Communications")
    SCRIBE = "scribe", _("Scribe")


class RoleAssignment(models.Model):
    """Who holds a role in an incident, one person at a time."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=16, choices=RoleName)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="incident_roles")
    assigned_at = models.DateTimeField()

    class Meta:
        ordering = ["incident_id", "role"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "role"], name="role_held_once"),
            models.CheckConstraint(condition=Q(role__in=RoleName.values), name="role_known"),
        ]


class Phase(models.TextChoices):
    """What the customers are told, in the status page's words."""

    INVESTIGATING = "investigating", _("Investigating")
    IDENTIFIED = "identified", _("Identified")
    MONITORING = "monitoring", _("Monitoring")
    RESOLVED = "resolved", _("Resolved")


class UpdateQuerySet(models.QuerySet["Update"]):
    def public(self) -> UpdateQuerySet:
        return self.filter(is_public=True)


class Update(models.Model):
    """A written account of where the incident stands, for colleagues or, if public, for customers."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    phase = models.CharField(_("phase"), max_length=16, choices=Phase)
    impact = models.CharField(_("customer impact"), max_length=24, choices=Impact)
    body = models.TextField(_("text"))
    is_public = models.BooleanField(_("show on the status page"), default=True)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    objects = UpdateQuerySet.as_manager()

    class Meta:
        ordering = ["incident_id", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="update_phase_known"),
            models.CheckConstraint(condition=Q(impact__in=Impact.values), name="update_impact_known"),
        ]
        indexes = [models.Index(fields=["-created_at"], name="update_public", condition=Q(is_public=True))]


class IdempotencyKey(models.Model):
    """A client's promise that two requests are the same one; kept so that a retry cannot open a second incident."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]
