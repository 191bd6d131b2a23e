"""Alerts: one per dedup key while it is open, with what was decided about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.events import Event
from alerts.models.integrations import Integration
from alerts.models.rules import AlertSeverity, Mute, Outcome, Route
from catalog.models import Service
from incidents.models import Incident


class AlertState(models.TextChoices):
    OPEN = "open", _("Firing")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")


class EndedBy(models.TextChoices):
    """What ended an alert."""

    TOOL = "tool", _("Its tool said so")
    SILENCE = "silence", _("Nothing more was heard of it")
    SETTLED = "settled", _("It flapped, and has been quiet since")
    INCIDENT = "incident", _("Its incident was closed")
    PERSON = "person", _("A person said so")


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> AlertQuerySet:
        return self.exclude(state=AlertState.RESOLVED)

    def held(self, now: datetime) -> AlertQuerySet:
        """Those that waited out their pause and are to be placed."""
        return self.filter(held_until__lte=now).order_by("held_until", "id")

    def stale(self, now: datetime) -> AlertQuerySet:
        """Those of which nothing was heard for as long as their source allows."""
        return self.filter(expires_at__lte=now).order_by("expires_at", "id")

    def settled(self, now: datetime) -> AlertQuerySet:
        """Flapping ones that have been quiet for long enough to be over."""
        return self.filter(settles_at__lte=now).order_by("settles_at", "id")


class Alert(models.Model):
    """One condition that a tool reports, from its first firing to its end, however often it is repeated.

    `incident` is empty while it is held back (`held_until`: it may resolve by itself before anybody is paged), while a
    mute covers it, and where its route makes only an alert of it. `service` is the one that it is about (empty only in
    rows of the first version: its integration's). `rule` is what the tool calls the rule that fired.
    """

    integration = models.ForeignKey(
        Integration, on_delete=models.PROTECT, related_name="alerts", db_index=False
    )
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts", db_index=False
    )
    route = models.ForeignKey(Route, null=True, blank=True, on_delete=models.SET_NULL, related_name="alerts")
    mute = models.ForeignKey(Mute, null=True, blank=True, on_delete=models.SET_NULL, related_name="alerts")
    outcome = models.CharField(
        max_length=8, choices=Outcome, default=Outcome.PAGE, db_default=Outcome.PAGE.value
    )
    urgency = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text="As its route says; empty: as its severity.",
    )
    why = models.CharField(
        max_length=500, blank=True, default="", db_default="", help_text="How it came to its place."
    )
    dedup_key = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=AlertState, default=AlertState.OPEN)
    severity = models.CharField(max_length=16, choices=AlertSeverity)
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=300, blank=True)
    rule = models.CharField(max_length=200, blank=True, default="", db_default="")
    labels: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField())
    )
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    links: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=1)
    # No constraints: days of events are dropped whole, and an alert outlives what it was made of.
    first_event = models.ForeignKey(
        Event, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    last_event = models.ForeignKey(
        Event, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=16, choices=EndedBy, blank=True, default="", db_default="")
    held_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    flaps = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How often it ended and came back within the time that counts."
    )
    settles_at = models.DateTimeField(
        null=True, blank=True, help_text="It flaps and is quiet now: over then, if it stays so."
    )

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
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="alert_outcome_known"),
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(incident=None), name="alert_held_has_no_incident"
            ),
        ]
        indexes = [
            models.Index(fields=["integration", "dedup_key", "-id"], name="alert_key_newest"),
            # Rows lie nearly in the order in which they began: enough to count the last day by the hour.
            BrinIndex(fields=["started_at"], name="alert_started", autosummarize=True, pages_per_range=32),
            models.Index(fields=["service", "-id"], name="alert_service_newest"),
            models.Index(fields=["held_until"], name="alert_held", condition=Q(held_until__isnull=False)),
            models.Index(
                fields=["expires_at"],
                name="alert_stale",
                condition=Q(expires_at__isnull=False) & ~Q(state="resolved"),
            ),
            models.Index(fields=["settles_at"], name="alert_settles", condition=Q(settles_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.summary


class AlertHour(models.Model):
    """How many alerts began on a service in one hour (UTC): what a normal hour is told from."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    alerts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "hour"], name="alert_hour_once")]
