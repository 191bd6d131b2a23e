"""The record of a review."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.models.postmortem import Postmortem


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
