"""PDFs, from the wish to the bytes."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.models.postmortem import Postmortem


class PdfState(models.TextChoices):
    """Moved only as postmortems.lifecycle allows."""

    REQUESTED = "requested", _("Waiting")
    WORKING = "working", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


class PdfFileQuerySet(models.QuerySet["PdfFile"]):
    def due(self, now: datetime) -> PdfFileQuerySet:
        """Asked for, or begun by a worker whose lease ran out."""
        return self.filter(
            Q(state=PdfState.REQUESTED) | Q(state=PdfState.WORKING, lease_until__lte=now)
        ).order_by("requested_at", "id")

    def waiting(self) -> PdfFileQuerySet:
        return self.filter(state__in=[PdfState.REQUESTED, PdfState.WORKING])

    def ready(self) -> PdfFileQuerySet:
        return self.filter(state=PdfState.READY)

    def without_content(self) -> PdfFileQuerySet:
        """For lists: the bytes stay in the database."""
        return self.defer("content")


class PdfFile(models.Model):
    """One PDF, from the wish to the bytes. Kept in the database, so that web hosts need not share a disk.

    `version` and `was_published` say what it shows; `time_zone` is the local clock in it. While a worker renders,
    `lease_until` is set, so a worker that died leaves a row that becomes due again.
    """

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="pdfs")
    state = models.CharField(max_length=16, choices=PdfState, default=PdfState.REQUESTED)
    version = models.PositiveIntegerField()
    was_published = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64, default="UTC")
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects = PdfFileQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PdfState.values), name="pdf_state_known"),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(made_at__isnull=False, content__isnull=False),
                name="pdf_ready_has_content",
            ),
            models.UniqueConstraint(
                fields=["postmortem"], condition=Q(state__in=["requested", "working"]), name="pdf_one_waiting"
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at", "id"], name="pdf_due", condition=Q(state__in=["requested", "working"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.postmortem_id} v{self.version}"

    @property
    def is_waiting(self) -> bool:
        return self.state in (PdfState.REQUESTED, PdfState.WORKING)

    @property
    def is_ready(self) -> bool:
        return self.state == PdfState.READY
