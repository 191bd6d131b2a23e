"""Schedules and escalation policies as people edit them; what they mean is computed in the pure modules beside."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.zones import validate_zone


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def changeable_by(self, user: User) -> ScheduleQuerySet:
        return self.filter(team__in=Team.objects.changeable_by(user))

    def with_rotation(self) -> ScheduleQuerySet:
        """All that the calculators need, in a fixed number of queries."""
        return self.select_related("team").prefetch_related("layers__slots", "layers__restrictions")


class Schedule(models.Model):
    """Who is on call when. Higher layers cover lower ones, overrides cover all."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules")
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="schedule_name_once_per_team")]

    def __str__(self) -> str:
        return self.name


class TurnUnit(models.TextChoices):
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")
    WEEKS = "weeks", _("weeks")
    MONTHS = "months", _("months")


class Layer(models.Model):
    """One rotation: people in order, each for a turn that ends at the same local time across daylight saving.

    `first_handoff` is a local wall time in the schedule's zone, kept without a zone on purpose: turn 0 begins there.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name = models.CharField(_("name"), max_length=80, blank=True)
    starts_at = models.DateTimeField(_("in force from"))
    ends_at = models.DateTimeField(_("in force until"), null=True, blank=True)
    first_handoff_date = models.DateField(_("first hand-off"))
    handoff_time = models.TimeField(_("hand-off at"))
    turn_length = models.PositiveSmallIntegerField(_("turn"), default=1)
    turn_unit = models.CharField(max_length=8, choices=TurnUnit, default=TurnUnit.WEEKS)

    class Meta:
        ordering = ["schedule_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "position"],
                name="layer_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(turn_length__gt=0), name="layer_turn_has_length"),
            models.CheckConstraint(condition=Q(turn_unit__in=TurnUnit.values), name="layer_turn_unit_known"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="layer_ends_after_start"
            ),
        ]


class Slot(models.Model):
    """A place in a layer's order; one person may hold several."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="slots")
    position = models.PositiveSmallIntegerField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="slots")

    class Meta:
        ordering = ["layer_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "position"], name="slot_position_once", deferrable=models.Deferrable.DEFERRED
            )
        ]


class Restriction(models.Model):
    """A window, local to the schedule's zone, outside which the layer is silent. Without a weekday: every day."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="restrictions")
    weekday = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 is Monday.")
    start = models.TimeField()
    duration = models.DurationField()

    class Meta:
        ordering = ["layer_id", "weekday", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday=None) | Q(weekday__lte=6), name="restriction_weekday_known"
            )
        ]


class OverrideQuerySet(models.QuerySet["Override"]):
    def touching(self, start: datetime, end: datetime) -> OverrideQuerySet:
        """Not withdrawn, and in force somewhere in [start, end)."""
        return self.filter(withdrawn_at=None, starts_at__lt=end, ends_at__gt=start)


class Override(models.Model):
    """Somebody takes over for a while: in place of everyone, or of one person (`replaces`)."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="overrides")
    replaces = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="overridden"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="overrides_made")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start")
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="override_schedule_end")]


class OnEmpty(models.TextChoices):
    """What a step does that would page nobody."""

    SKIP = "skip", _("Go on to the next step at once")
    HOLD = "hold", _("Wait until somebody is on call")
    FALLBACK = "fallback", _("Page the fallback in its place")


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
        ]

    def __str__(self) -> str:
        return self.name


class PolicyStep(models.Model):
    """Everybody named here is paged at once; then `delay` passes before the next step."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    delay = models.DurationField(_("then wait"))

    class Meta:
        ordering = ["policy_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "position"],
                name="policy_step_position_once",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]


class StepTarget(models.Model):
    """A person, or whoever is on call in a schedule."""

    step = models.ForeignKey(PolicyStep, on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="step_targets"
    )
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="step_targets"
    )

    class Meta:
        ordering = ["step_id", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, schedule=None) | Q(user=None, schedule__isnull=False),
                name="step_target_is_one_thing",
            )
        ]
