"""Doors: an integration with its key, what it may let in, and how much came through it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from catalog.models import Service


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def changeable_by(self, user: User) -> IntegrationQuerySet:
        return self.filter(service__team__in=Team.objects.changeable_by(user))

    def enabled(self) -> IntegrationQuerySet:
        return self.filter(disabled_at=None)


class Integration(models.Model):
    """A door for one tool's events onto one service. `kind` is a folder in alerts/sources.

    The key is looked up by its digest; the sealed copy exists only so that the set-up snippet can show it to
    those who may change the service. `secret_sealed` is what the sender signs with, where it signs; `options` are
    the kind's own settings (the expressions of a mapping, the topic that a subscription is pinned to).
    """

    kind = models.CharField(_("kind"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="integrations")
    key_digest = models.CharField(max_length=64, unique=True)
    key_sealed = models.TextField()
    secret_sealed = models.TextField(blank=True, default="", db_default="")
    options: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )
    stale_after = models.DurationField(
        _("ends after silence"),
        null=True,
        blank=True,
        help_text=_(
            "An alert that is not repeated for so long ends, and says so. Empty: only as the tool says."
        ),
    )
    limit_per_minute = models.PositiveIntegerField(
        _("most events a minute"),
        null=True,
        blank=True,
        help_text=_("What is beyond it is counted and sampled, and its sender is told to come back later."),
    )
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


class IntakeMinute(models.Model):
    """What one integration's door did in one minute (UTC), added up over all processes."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="minutes", db_index=False
    )
    minute = models.DateTimeField()
    accepted = models.PositiveIntegerField(default=0)
    over = models.PositiveIntegerField(default=0, help_text="Beyond the limit: counted, not processed.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["integration", "minute"], name="intake_minute_once"),
        ]


class HeartbeatState(models.TextChoices):
    """Moved only as alerts.lifecycle allows."""

    NEW = "new", _("Never heard")
    UP = "up", _("On time")
    LATE = "late", _("Late")
    DOWN = "down", _("Said that it failed")
    PAUSED = "paused", _("Paused")


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def due(self, now: datetime) -> HeartbeatQuerySet:
        """Those whose sign of life is overdue, the grace included."""
        return self.filter(due_at__lte=now).order_by("due_at", "id")


class Heartbeat(models.Model):
    """A job that must give a sign of life: every `period`, or as a cron expression in `zone` says, with `grace`.

    It lies behind an integration, whose key and `slug` address it; its own key addresses it alone. `due_at` is the
    instant at which it is late, empty where nothing is expected (new, paused, late already).
    """

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="heartbeats")
    name = models.CharField(_("name"), max_length=100)
    slug = models.CharField(max_length=100)
    key_digest = models.CharField(max_length=64, unique=True)
    key_sealed = models.TextField()
    period = models.DurationField(_("expected every"), null=True, blank=True)
    cron = models.CharField(_("cron expression"), max_length=100, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    grace = models.DurationField(_("grace"))
    severity = models.CharField(_("severity when late"), max_length=16, default="error")
    state = models.CharField(max_length=16, choices=HeartbeatState, default=HeartbeatState.NEW)
    due_at = models.DateTimeField(null=True, blank=True)
    last_ping_at = models.DateTimeField(null=True, blank=True)
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_took = models.DurationField(null=True, blank=True)
    last_said = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["integration_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "slug"], name="heartbeat_slug_once"),
            models.CheckConstraint(
                condition=Q(state__in=HeartbeatState.values), name="heartbeat_state_known"
            ),
            models.CheckConstraint(
                condition=Q(period__isnull=False, cron="") | (Q(period=None) & ~Q(cron="")),
                name="heartbeat_period_or_cron",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="heartbeat_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
