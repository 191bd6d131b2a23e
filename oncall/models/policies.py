"""Escalation policies as people edit them; what they do is decided in oncall.plan."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from oncall.models.schedules import Schedule


class OnEmpty(models.TextChoices):
    """What a step does that would page nobody."""

    SKIP = "skip", _("Go on to the next step at once")
    HOLD = "hold", _("Wait until somebody is on call")
    FALLBACK = "fallback", _("Page the fallback in its place")


class Binding(models.TextChoices):
    """What a change of the policy means for what is escalating already."""

    FROZEN = "frozen", _("Goes on by the policy as it was when it began")
    LIVE = "live", _("Goes on by the policy as it is now")


class PolicyQuerySet(models.QuerySet["EscalationPolicy"]):
    def changeable_by(self, user: User) -> PolicyQuerySet:
        return self.filter(team__in=Team.objects.changeable_by(user))

    def with_steps(self) -> PolicyQuerySet:
        return self.select_related("team").prefetch_related("steps__targets", "fallback_people")


class EscalationPolicy(models.Model):
    """Who is paged, in which order, and who at last when nobody answers."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="policies")
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    repeats = models.PositiveSmallIntegerField(
        _("repeat"), default=1, help_text=_("How often all steps are run again when nobody acknowledges.")
    )
    on_empty = models.CharField(
        _("a step with nobody on call"), max_length=16, choices=OnEmpty, default=OnEmpty.SKIP
    )
    binding = models.CharField(
        _("what is escalating when this is changed"),
        max_length=8,
        choices=Binding,
        default=Binding.FROZEN,
    )
    fallback_people: models.ManyToManyField[User, models.Model] = models.ManyToManyField(
        User, blank=True, related_name="fallback_of", verbose_name=_("fallback")
    )

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="policy_name_once_per_team"),
            models.CheckConstraint(condition=Q(repeats__lte=9), name="policy_repeats_bounded"),
            models.CheckConstraint(condition=Q(on_empty__in=OnEmpty.values), name="policy_on_empty_known"),
            models.CheckConstraint(condition=Q(binding__in=Binding.values), name="policy_binding_known"),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyStep(models.Model):
    """Everybody named here is paged at once; then `delay` passes before the next step.

    `uid` stays with a step through edits, so that a live escalation finds its place again. `condition` says when the
    step applies, as oncall.conditions writes it; empty is always.
    """

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    delay = models.DurationField(_("then wait"))
    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    condition: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["policy_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "position"],
                name="policy_step_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["policy", "uid"], name="policy_step_uid_once", deferrable=models.Deferrable.DEFERRED
            ),
        ]


class Which(models.TextChoices):
    """Whom of a schedule a step pages."""

    PRIMARY = "primary", _("whoever is on call")
    SECONDARY = "secondary", _("the secondary")
    ALL = "all", _("primary and secondary")
    ROUND_ROBIN = "round_robin", _("one of its people, in turn")


class StepTarget(models.Model):
    """A person; whoever is on call in a schedule, or one of its people in turn (`which`); a whole team; or the team
    that owns the service (`owner`)."""

    step = models.ForeignKey(PolicyStep, on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="step_targets"
    )
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="step_targets"
    )
    which = models.CharField(max_length=12, choices=Which, default=Which.PRIMARY)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="step_targets"
    )
    owner = models.BooleanField(default=False)

    class Meta:
        ordering = ["step_id", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, schedule=None, team=None, owner=False)
                | Q(user=None, schedule__isnull=False, team=None, owner=False)
                | Q(user=None, schedule=None, team__isnull=False, owner=False)
                | Q(user=None, schedule=None, team=None, owner=True),
                name="step_target_is_one_thing",
            ),
            models.CheckConstraint(condition=Q(which__in=Which.values), name="step_target_which_known"),
        ]


class RoundRobin(models.Model):
    """How many escalations a policy has dealt out over a schedule's people: the next one starts at `dealt`."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="round_robins")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="round_robins")
    dealt = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "schedule"], name="round_robin_once_per_schedule")
        ]
