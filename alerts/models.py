"""What monitoring tools tell: integrations with their keys, raw events, and alerts (one per dedup key while open)."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from catalog.models import Service
from incidents.models import Incident


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def changeable_by(self, user: User) -> IntegrationQuerySet:
        return self.filter(service__team__in=Team.objects.changeable_by(user))

    def enabled(self) -> IntegrationQuerySet:
        return self.filter(disabled_at=None)


class Integration(models.Model):
    """A door for one tool's events onto one service. `kind` is a folder in alerts/sources.

    The key is looked up by its digest; the sealed copy exists only so that the set-up snippet can show it to
    those who may change the service.
    """

    kind = models.CharField(_("kind"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="integrations")
    key_digest = models.CharField(max_length=64, unique=True)
    key_sealed = models.TextField()
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)

    objects = IntegrationQuerySet.as_manager()

    class Meta:
        ordering = ["service__name", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="integration_name_once_per_service")
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One accepted request, as it came. `processed_at` is empty until a worker has made alerts of it.

    `body` is text since the bytes were checked to be JSON at the door; `dedup_key` is set only where the answer
    had to name one before the event was parsed.
    """

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    endpoint = models.CharField(max_length=16, default="alert")
    body = models.TextField()
    dedup_key = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    notes: models.JSONField[list[str], list[str]] = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["integration", "-id"], name="event_integration_newest"),
            models.Index(fields=["integration", "id"], name="event_waiting", condition=Q(processed_at=None)),
            # Costs the intake next to nothing, and rows lie in the order in which they came.
            BrinIndex(fields=["received_at"], name="event_received", autosummarize=True, pages_per_range=32),
        ]


class AlertState(models.TextChoices):
    OPEN = "open", _("Firing")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")


class AlertSeverity(models.TextChoices):
    CRITICAL = "critical", _("Critical")
    ERROR = "error", _("Error")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Info")


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> AlertQuerySet:
        return self.exclude(state=AlertState.RESOLVED)


class Alert(models.Model):
    """One condition that a tool reports, from its first firing to its end, however often it is repeated."""

    integration = models.ForeignKey(
        Integration, on_delete=models.PROTECT, related_name="alerts", db_index=False
    )
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="alerts")
    dedup_key = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=AlertState, default=AlertState.OPEN)
    severity = models.CharField(max_length=16, choices=AlertSeverity)
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=300, blank=True)
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    links: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=1)
    first_event = models.ForeignKey(Event, null=True, on_delete=models.SET_NULL, related_name="+")
    last_event = models.ForeignKey(
        Event, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "dedup_key"], name="alert_open_once", condition=~Q(state="resolved")
            ),
            models.CheckConstraint(condition=Q(state__in=AlertState.values), name="alert_state_known"),
            models.CheckConstraint(
                condition=Q(severity__in=AlertSeverity.values), name="alert_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False)
                | (~Q(state="resolved") & Q(resolved_at=None)),
                name="alert_resolved_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.summary
