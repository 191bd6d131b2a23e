"""The incident and its timeline."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import Service
from notifications.models import Urgency


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


class EscalationState(models.TextChoices):
    """Moved only as incidents.lifecycle allows."""

    RUNNING = "running", _("Paging")
    STOPPED = "stopped", _("Stopped")


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
    group_key = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="What its alerts have in common, where the service groups them by labels.",
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
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
