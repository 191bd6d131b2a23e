"""The review itself and every text that was saved in it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.models import Incident


class State(models.TextChoices):
    """Moved only as postmortems.lifecycle allows."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")


class Section(models.TextChoices):
    """The parts that people write; each is a field of Postmortem with this name."""

    SUMMARY = "summary", _("Summary")
    IMPACT = "impact", _("Impact")
    CONTRIBUTING_FACTORS = "contributing_factors", _("Contributing factors")
    WENT_WELL = "went_well", _("What went well")
    WENT_WRONG = "went_wrong", _("What did not")


NEEDED_FOR_REVIEW = (Section.SUMMARY, Section.IMPACT, Section.CONTRIBUTING_FACTORS)


class PostmortemQuerySet(models.QuerySet["Postmortem"]):
    def changeable_by(self, user: User) -> PostmortemQuerySet:
        """All for those who act on incidents, none for those who only read."""
        return self if user.can_respond else self.none()

    def unfinished(self) -> PostmortemQuerySet:
        return self.exclude(state=State.PUBLISHED)


class Postmortem(models.Model):
    """One incident's review. People name it by the incident's number.

    `version` rises with every change of what a reviewer reads (texts, the imported timeline) and when it goes back
    to draft; an approval counts for the version that it was given for. `timeline_head` and `timeline_length` are the
    incident's chain as it was imported.
    """

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="postmortem")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    summary = models.TextField(_("summary"), blank=True)
    impact = models.TextField(_("impact"), blank=True)
    contributing_factors = models.TextField(_("contributing factors"), blank=True)
    went_well = models.TextField(_("what went well"), blank=True)
    went_wrong = models.TextField(_("what did not"), blank=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="postmortems")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    timeline_head = models.CharField(max_length=64, blank=True)
    timeline_length = models.PositiveIntegerField(default=0)
    imported_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = PostmortemQuerySet.as_manager()

    class Meta:
        ordering = ["-incident_id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="postmortem_state_known"),
            models.CheckConstraint(
                condition=Q(state="published", published_at__isnull=False, published_by__isnull=False)
                | (~Q(state="published") & Q(published_at=None, published_by=None)),
                name="postmortem_published_has_time_and_person",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False),
                name="postmortem_submitted_has_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "-incident"], name="postmortem_state_newest")]

    def __str__(self) -> str:
        return f"#{self.incident_id}"

    @property
    def is_draft(self) -> bool:
        return self.state == State.DRAFT

    @property
    def is_in_review(self) -> bool:
        return self.state == State.IN_REVIEW

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    def text_of(self, section: Section) -> str:
        """What stands in one section now, as Markdown."""
        return str(getattr(self, section.value))

    def empty_sections(self) -> list[Section]:
        """The sections that a reviewer needs and that nobody has written yet."""
        return [section for section in NEEDED_FOR_REVIEW if not self.text_of(section).strip()]


class Revision(models.Model):
    """One saved text of one section; `number` is the postmortem's version that it made. Nothing written is lost."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    section = models.CharField(max_length=32, choices=Section)
    text = models.TextField(blank=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["postmortem_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "number"], name="revision_number_once"),
            models.CheckConstraint(condition=Q(section__in=Section.values), name="revision_section_known"),
        ]
