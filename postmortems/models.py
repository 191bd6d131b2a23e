"""The review of an incident: what is written, who approved it, what is done about it, and the PDFs made of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.models import WRITTEN, EntryKind, Incident


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


_IN_MARKDOWN = (*WRITTEN, EntryKind.UPDATE)

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


class ActionKind(models.TextChoices):
    PREVENT = "prevent", _("Prevent")
    DETECT = "detect", _("Detect")
    MITIGATE = "mitigate", _("Mitigate")
    PROCESS = "process", _("Process")


class ActionState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    DROPPED = "dropped", _("Dropped")


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def changeable_by(self, user: User) -> ActionItemQuerySet:
        return self if user.can_respond else self.none()

    def open(self) -> ActionItemQuerySet:
        return self.filter(state=ActionState.OPEN)

    def overdue(self, today: date) -> ActionItemQuerySet:
        """Open, and due before `today`."""
        return self.open().filter(due_on__lt=today)


class ActionItem(models.Model):
    """What one person will do, by when, so that it does not happen again. Lives on after publishing."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="action_items")
    text = models.CharField(_("what will be done"), max_length=500)
    kind = models.CharField(_("kind"), max_length=16, choices=ActionKind, default=ActionKind.PREVENT)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="action_items", verbose_name=_("owner")
    )
    due_on = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=16, choices=ActionState, default=ActionState.OPEN)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ActionState.values), name="action_item_state_known"),
            models.CheckConstraint(condition=Q(kind__in=ActionKind.values), name="action_item_kind_known"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="action_item_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="action_item_open_due", condition=Q(state="open")),
            models.Index(fields=["owner", "due_on"], name="action_item_owner", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_open(self) -> bool:
        return self.state == ActionState.OPEN


class Decision(models.TextChoices):
    """What happened in a review. Rows are only added."""

    ASKED = "asked", _("Asked to review")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    WAIVED = "waived", _("Published without approval")
    REOPENED = "reopened", _("Reopened")


class ReviewQuerySet(models.QuerySet["Review"]):
    def approvals(self, version: int) -> ReviewQuerySet:
        return self.filter(decision=Decision.APPROVED, version=version)


class Review(models.Model):
    """A step of a review: who, what they decided, about which version, when, and why."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="reviews")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=16, choices=Decision)
    version = models.PositiveIntegerField()
    comment = models.TextField(_("comment"), blank=True)
    created_at = models.DateTimeField()

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["postmortem_id", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="review_decision_known"),
            models.UniqueConstraint(
                fields=["postmortem", "user", "version", "decision"],
                name="review_decision_once",
            ),
        ]


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
