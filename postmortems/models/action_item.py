"""What is done so that it does not happen again."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.models.postmortem import Postmortem


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
