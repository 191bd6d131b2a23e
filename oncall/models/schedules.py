"""Schedules and their layers as people edit them; what they mean is computed in the pure modules beside."""

from __future__ import annotations

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
        current = models.Prefetch("layers", Layer.objects.current().prefetch_related("slots", "restrictions"))
        return self.select_related("team").prefetch_related(current)


class Schedule(models.Model):
    """Who is on call when. Higher layers cover lower ones, overrides cover all."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules")
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])

    wants_secondary = models.BooleanField(
        _("two people at a time"),
        default=False,
        help_text=_("Reports time with only one of primary and secondary as thin cover."),
    )
    warns_of_gaps = models.BooleanField(
        _("tell the managers of gaps"),
        default=True,
        help_text=_("By mail, every week and again before a gap begins."),
    )

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


class LayerRole(models.TextChoices):
    """What being on call by a layer means."""

    PRIMARY = "primary", _("Primary")
    SECONDARY = "secondary", _("Secondary: second in line")
    SHADOW = "shadow", _("Shadow: is told, never waited for")


class LayerQuerySet(models.QuerySet["Layer"]):
    def current(self) -> LayerQuerySet:
        """What the editor shows; the others are kept because they say who was on call."""
        return self.filter(replaced_at=None)


class Layer(models.Model):
    """One rotation: people in order, each for a turn that ends at the same local time across daylight saving.

    `first_handoff` is a local wall time in the schedule's zone, kept without a zone on purpose: turn 0 begins there.

    Rules of a layer that has been in force are never rewritten: it ends, `replaced_at` is set, `zone` keeps the
    schedule's zone of that time, and a new row, which names it in `continues`, goes on from there.

    `skip_*` name local days that bring no duty and cost nobody a turn (oncall.skipping): weekdays from 0 (Monday),
    public holidays of a calendar such as "DE" or "DE-BY", and dates as ISO text.
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
    role = models.CharField(_("role"), max_length=12, choices=LayerRole, default=LayerRole.PRIMARY)
    skip_weekdays: models.JSONField[list[int], list[int]] = models.JSONField(default=list, blank=True)
    skip_holidays = models.CharField(_("holidays of"), max_length=16, blank=True)
    skip_dates: models.JSONField[list[str], list[str]] = models.JSONField(default=list, blank=True)
    zone = models.CharField(max_length=64, blank=True, help_text="Only of a replaced layer.")
    replaced_at = models.DateTimeField(null=True, blank=True)
    continues = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="continued_by"
    )

    objects = LayerQuerySet.as_manager()

    class Meta:
        ordering = ["schedule_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "position", "replaced_at"],
                name="layer_position_once_at_a_time",
                nulls_distinct=False,
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(role__in=LayerRole.values), name="layer_role_known"),
            models.CheckConstraint(
                condition=Q(replaced_at=None) | Q(ends_at__isnull=False), name="layer_replaced_has_ended"
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
