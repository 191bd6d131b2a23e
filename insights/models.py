"""Questions about paging with the answers that a company expects, and notes at hand-offs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.zones import validate_zone
from catalog.models import Service
from incidents.models import Severity
from oncall.models import Schedule


class AssertionQuerySet(models.QuerySet["Assertion"]):
    def changeable_by(self, user: User) -> AssertionQuerySet:
        return self.filter(team__in=Team.objects.changeable_by(user))


class Assertion(models.Model):
    """“An incident of `service` with `severity` at that moment pages …”: asked again after each change.

    The moment is `at`, or the next `weekday` (0 is Monday; none: any day) at `local_time` in `time_zone`. `expect` is
    what insights.assertions reads. `holds` is the last answer, none before the first.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="assertions")
    name = models.CharField(_("name"), max_length=120)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="assertions")
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity, null=True, blank=True)
    at = models.DateTimeField(_("at"), null=True, blank=True)
    weekday = models.PositiveSmallIntegerField(_("on"), null=True, blank=True)
    local_time = models.TimeField(_("at"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    expect: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="assertions_made")
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    holds = models.BooleanField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    objects = AssertionQuerySet.as_manager()

    class Meta:
        ordering = ["team_id", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="assertion_name_once_per_team"),
            models.CheckConstraint(
                condition=Q(at__isnull=False, local_time=None) | Q(at=None, local_time__isnull=False),
                name="assertion_has_one_moment",
            ),
            models.CheckConstraint(
                condition=Q(weekday=None) | Q(weekday__lte=6), name="assertion_weekday_known"
            ),
            models.CheckConstraint(
                condition=Q(severity=None) | Q(severity__in=Severity.values), name="assertion_severity_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HandoffNote(models.Model):
    """What whoever takes over a schedule at `at` should know, as it was then.

    `since` is when the shift that ended had begun. `outgoing` and `incoming` are people's ids. `body` is what
    insights.handoffs writes; `remark` is what the one who leaves adds by hand.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="handoff_notes")
    since = models.DateTimeField()
    at = models.DateTimeField()
    outgoing: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    incoming: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    body: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    remark = models.TextField(_("remark"), blank=True, max_length=5000)
    remark_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="handoff_remarks"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "at"], name="handoff_note_once"),
            models.CheckConstraint(condition=Q(at__gt=F("since")), name="handoff_note_after_since"),
        ]
