"""What is decided about an alert before anybody is paged: routes and mutes. Conditions are read by alerts.matching."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from alerts.models.integrations import Integration
from catalog.models import Service


class AlertSeverity(models.TextChoices):
    CRITICAL = "critical", _("Critical")
    ERROR = "error", _("Error")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Info")


class Outcome(models.TextChoices):
    """What becomes of an alert."""

    PAGE = "page", _("An incident that pages")
    RECORD = "record", _("An incident that pages nobody")
    ALERT = "alert", _("Only an alert")


class RouteQuerySet(models.QuerySet["Route"]):
    def enabled(self) -> RouteQuerySet:
        return self.filter(is_enabled=True)

    def of(self, integration: Integration) -> RouteQuerySet:
        """Those that are asked for an integration's alerts, in their order: its own, then those for all."""
        mine = Q(integration=integration) | Q(integration=None)
        return self.filter(mine).order_by(models.F("integration").asc(nulls_last=True), "position", "id")


class Route(models.Model):
    """An ordered rule: where `matchers` all hold, what is set here applies. The first that matches decides.

    `integration` empty: for every integration, asked after its own. What is empty is left as it would be: the
    integration's service, the severity and urgency that the alert brings. `service_from` names a field (a label, say)
    whose value names the service, by its slug, name or alias.
    """

    integration = models.ForeignKey(
        Integration, null=True, blank=True, on_delete=models.CASCADE, related_name="routes"
    )
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(_("name"), max_length=80)
    is_enabled = models.BooleanField(_("in use"), default=True)
    matchers: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.PROTECT, related_name="routes"
    )
    service_from = models.CharField(_("service named by"), max_length=120, blank=True)
    severity = models.CharField(_("severity"), max_length=16, choices=AlertSeverity, blank=True)
    urgency = models.CharField(_("urgency"), max_length=8, blank=True)
    outcome = models.CharField(_("becomes"), max_length=8, choices=Outcome, default=Outcome.PAGE)
    pause = models.DurationField(
        _("wait before paging"),
        null=True,
        blank=True,
        help_text=_("An alert that resolves within this time pages nobody."),
    )
    stale_after = models.DurationField(_("ends after silence"), null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = RouteQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="route_outcome_known"),
            models.CheckConstraint(
                condition=Q(severity="") | Q(severity__in=AlertSeverity.values), name="route_severity_known"
            ),
            models.CheckConstraint(condition=Q(urgency__in=["", "high", "low"]), name="route_urgency_known"),
        ]

    def __str__(self) -> str:
        return self.name


class MuteQuerySet(models.QuerySet["Mute"]):
    def changeable_by(self, user: User) -> MuteQuerySet:
        """Those of teams that `user` may change, and their own."""
        return self.filter(Q(team__in=Team.objects.changeable_by(user)) | Q(created_by=user))

    def live(self) -> MuteQuerySet:
        """Not over for good: active now, or still to come."""
        return self.filter(ended_at=None)

    def due(self, now: datetime) -> MuteQuerySet:
        return self.filter(due_at__lte=now).order_by("due_at", "id")


class Mute(models.Model):
    """A time in which matching alerts are recorded and page nobody: now, later, or again and again.

    It holds from `starts_at` to `ends_at` (half open); with `recurrence` (an RFC 5545 RRULE, read in `zone`) each
    occurrence lasts as long as the first, and the last one ends at `until` at the latest. It covers alerts for which
    all `matchers` hold, on `services` (with what depends on them, where `with_dependents`), on any service where there
    is none. `is_open` is whether it covers this moment; `due_at` the instant of its next change, at which what it held
    back is looked at again. `uid` is how Alertmanager's clients name it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("what for"), max_length=300)
    is_maintenance = models.BooleanField(_("planned maintenance"), default=False)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="mutes")
    matchers: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    services: models.ManyToManyField[Service, models.Model] = models.ManyToManyField(
        Service, blank=True, related_name="mutes"
    )
    with_dependents = models.BooleanField(_("and what depends on them"), default=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    recurrence = models.CharField(_("repeats"), max_length=300, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    until = models.DateTimeField(_("last"), null=True, blank=True)
    is_open = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by_name = models.CharField(
        max_length=120, blank=True, help_text="As a client without account says."
    )
    created_at = models.DateTimeField()

    objects = MuteQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="mute_ends_later"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="mute_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
