"""Drills: pages that are marked as a test and sent end to end, to see who is reached and how fast."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from oncall.models.policies import EscalationPolicy


class Rhythm(models.TextChoices):
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every four weeks")
    QUARTERLY = "quarterly", _("Every twelve weeks")


class DrillPlan(models.Model):
    """A drill that comes again: a policy or a person, at a time of day in a zone. `next_at` is its timer."""

    policy = models.ForeignKey(
        EscalationPolicy, null=True, on_delete=models.CASCADE, related_name="drill_plans"
    )
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="drill_plans")
    rhythm = models.CharField(_("how often"), max_length=16, choices=Rhythm, default=Rhythm.MONTHLY)
    first_on = models.DateField(_("first on"))
    at = models.TimeField(_("at"))
    zone = models.CharField(_("time zone"), max_length=64)
    next_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["next_at", "id"]
        indexes = [models.Index(fields=["next_at"], name="drill_plan_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(policy=None, user__isnull=False) | Q(policy__isnull=False, user=None),
                name="drill_plan_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(rhythm__in=Rhythm.values), name="drill_plan_rhythm_known"),
        ]


class DrillState(models.TextChoices):
    """Moved only as oncall.lifecycle allows."""

    WAITING = "waiting", _("Not begun")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")


class DrillQuerySet(models.QuerySet["Drill"]):
    def due(self, now: datetime) -> DrillQuerySet:
        """To be begun, or running and over time."""
        return self.filter(state__in=[DrillState.WAITING, DrillState.RUNNING], next_at__lte=now)

    def open(self) -> DrillQuerySet:
        return self.filter(state__in=[DrillState.WAITING, DrillState.RUNNING])


class Drill(models.Model):
    """One drill: of a policy everybody whom it would page now, or one person. `next_at` is its timer: when it begins,
    then when it ends at the latest."""

    plan = models.ForeignKey(DrillPlan, null=True, on_delete=models.SET_NULL, related_name="drills")
    policy = models.ForeignKey(EscalationPolicy, null=True, on_delete=models.SET_NULL, related_name="drills")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="drills")
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=16, choices=DrillState, default=DrillState.WAITING)
    lasts = models.DurationField(help_text="How long an answer is waited for.")
    next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = DrillQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="drill_due", condition=Q(state__in=["waiting", "running"])
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DrillState.values), name="drill_state_known")
        ]

    def __str__(self) -> str:
        return self.title


class ReachState(models.TextChoices):
    WAITING = "waiting", _("Waiting for an answer")
    REACHED = "reached", _("Reached")
    MISSED = "missed", _("Not reached")
    NO_METHOD = "no_method", _("No verified method")


class DrillPerson(models.Model):
    """One person in one drill: why they were paged, whether they answered, by what, and how fast."""

    drill = models.ForeignKey(Drill, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drilled")
    why = models.CharField(max_length=200)
    state = models.CharField(max_length=16, choices=ReachState, default=ReachState.WAITING)
    paged_at = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    via = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["drill_id", "id"]
        constraints = [
            models.UniqueConstraint(fields=["drill", "user"], name="drill_person_once"),
            models.CheckConstraint(condition=Q(state__in=ReachState.values), name="drill_person_state_known"),
        ]
