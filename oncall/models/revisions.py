"""What schedules and policies were before each change, so that the last one can be undone."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from oncall.models.policies import EscalationPolicy
from oncall.models.schedules import Schedule


class Revision(models.Model):
    """One change of a schedule or a policy: the whole of it before and after, as oncall.revisions writes it.

    `before` is empty for the first. `undoes` names the revision that this one took back.
    """

    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.CASCADE, related_name="revisions"
    )
    policy = models.ForeignKey(
        EscalationPolicy, null=True, blank=True, on_delete=models.CASCADE, related_name="revisions"
    )
    number = models.PositiveIntegerField()
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="oncall_revisions")
    at = models.DateTimeField(_("at"))
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    after: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    undoes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="undone_by"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(schedule__isnull=False, policy=None) | Q(schedule=None, policy__isnull=False),
                name="revision_is_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["schedule", "number"],
                name="schedule_revision_once",
                condition=Q(schedule__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["policy", "number"], name="policy_revision_once", condition=Q(policy__isnull=False)
            ),
        ]


class MailChoice(models.Model):
    """Which regular mails about being on call somebody wants; who has no row has the defaults."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="mail_choice")
    handoff_notes = models.BooleanField(
        _("hand-off notes"), default=False, help_text=_("When a shift of mine begins.")
    )
    coverage_reports = models.BooleanField(
        _("uncovered hours"), default=True, help_text=_("Every Monday, for the teams that I manage.")
    )
