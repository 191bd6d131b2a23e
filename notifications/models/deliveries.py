"""The outbox and the ledger of every message that was due to somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.models.methods import ContactMethod


class DeliveryState(models.TextChoices):
    """Moved only as notifications.lifecycle allows."""

    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Not needed any more")


class DeliveryKind(models.TextChoices):
    PAGE = "page", _("Page")
    NOTICE = "notice", _("Notice")
    VERIFICATION = "verification", _("Verification")
    TEST = "test", _("Test")
    DRILL = "drill", _("Drill")
    EDIT = "edit", _("Change of a message")
    ALARM = "alarm", _("Alarm about the pager itself")


PAGING = (DeliveryKind.PAGE, DeliveryKind.DRILL)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """To be handed over now."""
        return self.filter(state=DeliveryState.PENDING, due_at__lte=now).order_by("due_at", "id")

    def about(self, subject: str) -> DeliveryQuerySet:
        return self.filter(subject=subject)

    def open(self) -> DeliveryQuerySet:
        return self.filter(state__in=[DeliveryState.PENDING, DeliveryState.SENDING])


class Delivery(models.Model):
    """One message to one person by one method: the outbox before it is sent, the ledger after.

    `subject` names what it is about for the layers above ("incident:42"); `reason` says why this person
    (policy, step, cycle, target). `key` makes the same page impossible to write twice. While a worker sends, it
    counts up `lease` every other second; a row in `sending` whose `lease` stands still belongs to a dead worker and
    goes back to `pending` (notifications.leases). `circuit` names the provider whose failures it shares, `replaces`
    the sent message that an edit changes, `bundle` the message that carried this one along with others.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=16, choices=DeliveryKind, default=DeliveryKind.PAGE)
    subject = models.CharField(max_length=64)
    group = models.CharField(
        max_length=120, help_text="One person in one step: the methods that stand in for each other."
    )
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    method = models.ForeignKey(ContactMethod, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    transport = models.CharField(max_length=32)
    address = models.CharField(max_length=500)
    message: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    reason: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=DeliveryState, default=DeliveryState.PENDING)
    created_at = models.DateTimeField()
    scheduled_at = models.DateTimeField(
        help_text="When the person's rules wanted it; lateness is counted from here."
    )
    due_at = models.DateTimeField(help_text="When it is tried next.")
    attempts_made = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="The provider said so.")
    read_at = models.DateTimeField(null=True, blank=True, help_text="Where the provider tells it.")
    provider_id = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=500, blank=True)
    circuit = models.CharField(max_length=120, blank=True, db_default="")
    lease = models.IntegerField(db_default=0)
    replaces = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="edits")
    bundle = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="bundled")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(condition=Q(kind__in=DeliveryKind.values), name="delivery_kind_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "delivered"]) | Q(sent_at__isnull=False),
                name="delivery_sent_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="delivery_due_pages",
                condition=Q(state="pending", kind__in=["page", "drill"]),
            ),
            models.Index(
                fields=["due_at", "id"],
                name="delivery_due_others",
                condition=Q(state="pending") & ~Q(kind__in=["page", "drill"]),
            ),
            models.Index(fields=["id"], name="delivery_sending", condition=Q(state="sending")),
            models.Index(
                fields=["circuit"], name="delivery_waits_for", condition=Q(state="pending") & ~Q(circuit="")
            ),
            models.Index(fields=["-sent_at"], name="delivery_sent", condition=Q(kind="page")),
            models.Index(
                fields=["transport", "provider_id"], name="delivery_provider", condition=~Q(provider_id="")
            ),
            models.Index(fields=["bundle"], name="delivery_bundle", condition=Q(bundle__isnull=False)),
            models.Index(fields=["subject", "id"], name="delivery_subject"),
            models.Index(fields=["user", "-id"], name="delivery_user"),
            models.Index(fields=["group"], name="delivery_group"),
        ]

    def __str__(self) -> str:
        return f"{self.transport} #{self.pk}"


class Attempt(models.Model):
    """One try at handing a delivery to a provider. Written before the provider is called, finished after.

    `answered_at` stays empty when the process died inside the call; the next attempt then says `repeats_unknown`.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    transport = models.CharField(max_length=32)
    worker = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    succeeded = models.BooleanField(null=True)
    permanent = models.BooleanField(default=False)
    repeats_unknown = models.BooleanField(default=False)
    provider_id = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["delivery_id", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]


class ReplyCode(models.Model):
    """A short number in a text message that says which page an answer by text is about.

    Four digits are enough because they count only from the number that was paged, and only until they expire; each
    person's codes differ.
    """

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="reply_code")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reply_codes")
    code = models.CharField(max_length=8)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code"], name="reply_code_once_per_person")]


class Inbound(models.Model):
    """What came back from a provider: an answer, a pressed button, a report. Kept once per provider's own id, so that
    a repeat changes nothing, also when it was refused."""

    transport = models.CharField(max_length=32)
    provider_id = models.CharField(max_length=200)
    sender = models.CharField(max_length=200, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="inbound")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["transport", "provider_id"], name="inbound_once")]
