"""The frozen copy of the incident’s timeline."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models import WRITTEN, EntryKind
from postmortems.models.postmortem import Postmortem

_IN_MARKDOWN = (*WRITTEN, EntryKind.UPDATE)


class TimelineItemQuerySet(models.QuerySet["TimelineItem"]):
    def shown(self) -> TimelineItemQuerySet:
        return self.filter(is_hidden=False)


class TimelineItem(models.Model):
    """A frozen copy of one timeline entry. Only the pin, the hiding and the comment are the authors' own."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(help_text="The entry's number on the incident's timeline.")
    kind = models.CharField(max_length=16, choices=EntryKind)
    actor_name = models.CharField(max_length=254, blank=True)
    text = models.TextField(blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    is_pinned = models.BooleanField(_("pinned"), default=False)
    is_hidden = models.BooleanField(_("left out"), default=False)
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    objects = TimelineItemQuerySet.as_manager()

    class Meta:
        ordering = ["postmortem_id", "happened_at", "number"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "number"], name="timeline_item_once")]
        indexes = [models.Index(fields=["postmortem", "happened_at", "number"], name="timeline_item_order")]

    @property
    def is_written(self) -> bool:
        """Whether `text` is a person's Markdown; else it is the machine's sentence."""
        return self.kind in _IN_MARKDOWN

    @property
    def late_by(self) -> timedelta | None:
        """How much later it was written down than it happened, from a minute on."""
        late = self.recorded_at - self.happened_at
        return late if late >= timedelta(minutes=1) else None
