"""Calendars that are read (feeds) and that are offered (links), and what was offered last."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from oncall.models.schedules import LayerRole, Schedule


class FeedPurpose(models.TextChoices):
    """What the events of a calendar mean."""

    LAYER = "layer", _("The lowest layer: Tocsin’s own layers cover it")
    OVERRIDES = "overrides", _("Overrides: it covers the layers")
    ABSENCES = "absences", _("When I am away")


class FeedQuerySet(models.QuerySet["CalendarFeed"]):
    def due(self, now: datetime) -> FeedQuerySet:
        return self.filter(next_fetch_at__lte=now).order_by("next_fetch_at", "id")


class CalendarFeed(models.Model):
    """A calendar elsewhere, fetched again and again. What it said last stays until it says something new.

    `url` is sealed, since it is often a secret; `host` is shown in its place. `error` says why the last fetch failed,
    `problems` which events could not be understood: {"event", "message"}.
    """

    name = models.CharField(_("name"), max_length=80)
    url = models.TextField()
    host = models.CharField(max_length=253)
    purpose = models.CharField(max_length=12, choices=FeedPurpose)
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.CASCADE, related_name="feeds"
    )
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    next_fetch_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    problems: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="feeds_made")
    created_at = models.DateTimeField()

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose="absences", user__isnull=False, schedule=None)
                | Q(purpose__in=["layer", "overrides"], user=None, schedule__isnull=False),
                name="feed_has_its_owner",
            )
        ]
        indexes = [models.Index(fields=["next_fetch_at"], name="feed_next_fetch")]

    def __str__(self) -> str:
        return self.name


class FeedShift(models.Model):
    """One event of a calendar that is read as a layer or as overrides; `level` orders them, higher covers lower."""

    feed = models.ForeignKey(CalendarFeed, on_delete=models.CASCADE, related_name="shifts")
    uid = models.CharField(max_length=600)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="feed_shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    summary = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="feed_shift_ends_after_start"
            )
        ]
        indexes = [models.Index(fields=["feed", "ends_at"], name="feed_shift_end")]


class LinkQuerySet(models.QuerySet["CalendarLink"]):
    def usable(self) -> LinkQuerySet:
        """Not revoked, and its maker is still here."""
        return self.filter(revoked_at=None, made_by__is_active=True)


class CalendarLink(models.Model):
    """A secret address under which a person's, a schedule's or a team's shifts can be subscribed to.

    Only the digest of the secret is stored; `hint` tells links apart.
    """

    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="calendar_links")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_links"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_links"
    )
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, schedule=None, team=None)
                | Q(user=None, schedule__isnull=False, team=None)
                | Q(user=None, schedule=None, team__isnull=False),
                name="calendar_link_is_for_one_thing",
            )
        ]


class PublishedShift(models.Model):
    """A shift as calendars have been told of it: its `uid` stays, `sequence` goes up whenever it changes, and one
    that is no more stays for a while as cancelled, so that programs take it out."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="published_shifts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="published_shifts")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.CharField(max_length=12, choices=LayerRole, default=LayerRole.PRIMARY)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="published_ends_after_start")
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"], name="published_shift_end")]
