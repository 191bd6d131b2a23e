"""Changes to who is on call, for a while, and the requests between colleagues that lead to them."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from oncall.models.schedules import Schedule


class OverrideQuerySet(models.QuerySet["Override"]):
    def touching(self, start: datetime, end: datetime) -> OverrideQuerySet:
        """Not withdrawn, and in force somewhere in [start, end)."""
        return self.filter(withdrawn_at=None, starts_at__lt=end, ends_at__gt=start)


class OverrideKind(models.TextChoices):
    """What an override does with its person."""

    REPLACE = "replace", _("stands in")
    ADD = "add", _("is on call too")
    REMOVE = "remove", _("is not on call")


class Override(models.Model):
    """A change for a while: somebody stands in for everyone or for one person (`replaces`), joins, or leaves."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="overrides")
    replaces = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="overridden"
    )
    kind = models.CharField(max_length=8, choices=OverrideKind, default=OverrideKind.REPLACE)
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
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
            models.CheckConstraint(condition=Q(kind__in=OverrideKind.values), name="override_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="replace") | Q(replaces=None), name="override_replaces_only_as_stand_in"
            ),
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="override_schedule_end")]


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def touching(self, start: datetime, end: datetime) -> AbsenceQuerySet:
        """Not withdrawn, and in force somewhere in [start, end)."""
        return self.filter(withdrawn_at=None, starts_at__lt=end, ends_at__gt=start)


class Absence(models.Model):
    """Somebody cannot be on call. It changes no schedule: it shows conflicts, for which a cover is asked.

    Those from a calendar carry its `feed` and the event's `uid`.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    feed = models.ForeignKey(
        "oncall.CalendarFeed", null=True, blank=True, on_delete=models.CASCADE, related_name="absences"
    )
    uid = models.CharField(max_length=600, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="absences_made")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_start")
        ]
        indexes = [models.Index(fields=["user", "ends_at"], name="absence_user_end")]


class CoverState(models.TextChoices):
    """Moved only as oncall.lifecycle allows."""

    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class CoverRequestQuerySet(models.QuerySet["CoverRequest"]):
    def open(self, now: datetime) -> CoverRequestQuerySet:
        return self.filter(state=CoverState.OPEN, ends_at__gt=now)


class CoverRequest(models.Model):
    """`asker` asks that a colleague takes over [starts_at, ends_at): the one in `asked`, or any of the team.

    With `swap_starts_at` and `swap_ends_at` it is a swap: the asker takes that time of whoever accepts. Accepting
    writes the override (both of a swap) in the same transaction.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="cover_requests")
    asker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="cover_requests")
    asked = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="cover_requests_to_me"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    swap_starts_at = models.DateTimeField(null=True, blank=True)
    swap_ends_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=CoverState, default=CoverState.OPEN)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="covers_taken"
    )
    override = models.ForeignKey(
        Override, null=True, blank=True, on_delete=models.SET_NULL, related_name="cover_requests"
    )
    swap_override = models.ForeignKey(
        Override, null=True, blank=True, on_delete=models.SET_NULL, related_name="swap_requests"
    )

    objects = CoverRequestQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="cover_ends_after_start"),
            models.CheckConstraint(
                condition=Q(swap_starts_at=None, swap_ends_at=None)
                | Q(swap_starts_at__isnull=False, swap_ends_at__gt=F("swap_starts_at")),
                name="cover_swap_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(state__in=CoverState.values), name="cover_state_known"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="cover_decided_has_time",
            ),
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="cover_open", condition=Q(state="open"))]
