"""Who does what in an incident, what is told about it, and what those paged thought of the page."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.models.incidents import Impact, Incident


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


class PageVerdict(models.Model):
    """Whether somebody who was paged about an incident found the page useful: one tap, changed by another."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="verdicts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    is_useful = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="verdict_once")]
        indexes = [models.Index(fields=["-at"], name="verdict_newest")]
