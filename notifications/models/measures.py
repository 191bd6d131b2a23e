"""What is counted about the pager itself, for /metrics and the Operations page."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Measure(models.Model):
    """A counter that all processes add to, for /metrics and the Operations page.

    `name` and `label` say what is counted; `bucket` is the upper edge in seconds for a histogram ("+Inf", "sum",
    "count"), else empty.
    """

    name = models.CharField(max_length=60)
    label = models.CharField(max_length=60, blank=True)
    bucket = models.CharField(max_length=12, blank=True)
    value = models.FloatField(default=0)

    class Meta:
        ordering = ["name", "label", "id"]
        constraints = [models.UniqueConstraint(fields=["name", "label", "bucket"], name="measure_once")]


class LatenessKind(models.TextChoices):
    STEP = "step", _("Escalation steps")
    SEND = "send", _("Pages handed over")


class LatenessSlot(models.Model):
    """Due against done, counted by five minutes: how many of `kind` in `slot` were at most `bucket` seconds late.

    `bucket` is the upper edge in seconds ("+Inf" for all; "max" holds the worst one's seconds).
    """

    kind = models.CharField(max_length=8, choices=LatenessKind)
    slot = models.DateTimeField()
    bucket = models.CharField(max_length=12)
    value = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "slot", "bucket"], name="lateness_slot_once"),
            models.CheckConstraint(condition=Q(kind__in=LatenessKind.values), name="lateness_kind_known"),
        ]


class Late(models.Model):
    """One step or page that was more than a second late, and why."""

    kind = models.CharField(max_length=8, choices=LatenessKind)
    subject = models.CharField(max_length=64)
    what = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField()
    seconds = models.FloatField()
    cause = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-seconds"]
        indexes = [models.Index(fields=["-done_at"], name="late_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LatenessKind.values), name="late_kind_known")
        ]


class Alarm(models.Model):
    """The pager itself broke its promise: opened once, closed when it keeps it again. One is open per `kind`."""

    kind = models.CharField(max_length=32)
    text = models.CharField(max_length=500)
    opened_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind"], name="alarm_open_once", condition=Q(closed_at=None))
        ]
