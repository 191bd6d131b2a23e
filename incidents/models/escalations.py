"""The timer that pages for an incident, and the rooms that hear of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from catalog.models import Service
from incidents.models.incidents import EscalationState, Incident
from oncall.models import EscalationPolicy


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
