"""How people are reached, and the ledger of every message that was due to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Urgency(models.TextChoices):
    HIGH = "high", _("High")
    LOW = "low", _("Low")


class ContactMethodQuerySet(models.QuerySet["ContactMethod"]):
    def usable(self) -> ContactMethodQuerySet:
        """Verified and not switched off: what a page may be sent to."""
        return self.filter(verified_at__isnull=False, disabled_at=None)


class ContactMethod(models.Model):
    """One way to reach one person, by one transport (a folder in notifications/transports)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    transport = models.CharField(_("kind"), max_length=32)
    address = models.CharField(_("address"), max_length=500)
    label = models.CharField(_("label"), max_length=60, blank=True)
    secret = models.TextField(blank=True, help_text="Sealed; only transports that sign use it.")
    verified_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    objects = ContactMethodQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "transport", "address"], name="contact_method_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return self.label or self.address

    @property
    def is_usable(self) -> bool:
        return self.verified_at is not None and self.disabled_at is None


class VerificationCode(models.Model):
    """A code sent to a contact method; only its keyed digest is kept."""

    method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)


class NotificationRule(models.Model):
    """In order of `delay`, what a person wants to be told by, for pages of one urgency."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_rules")
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency)
    method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE, related_name="rules")
    delay = models.DurationField(_("after"))

    class Meta:
        ordering = ["urgency", "delay", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "urgency", "method", "delay"], name="rule_stands_once"),
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="rule_urgency_known"),
        ]


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


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """To be handed over now, or handed over by a worker whose lease ran out."""
        return self.filter(
            state__in=[DeliveryState.PENDING, DeliveryState.SENDING], due_at__lte=now
        ).order_by("due_at", "id")

    def about(self, subject: str) -> DeliveryQuerySet:
        return self.filter(subject=subject)

    def open(self) -> DeliveryQuerySet:
        return self.filter(state__in=[DeliveryState.PENDING, DeliveryState.SENDING])


class Delivery(models.Model):
    """One message to one person by one method: the outbox before it is sent, the ledger after.

    `subject` names what it is about for the layers above ("incident:42"); `reason` says why this person
    (policy, step, cycle, target). `key` makes the same page impossible to write twice. While a worker sends,
    `due_at` is pushed to the end of its lease, so a worker that died leaves a row that becomes due again.
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
    provider_id = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=500, blank=True)

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
                fields=["due_at", "id"], name="delivery_due", condition=Q(state__in=["pending", "sending"])
            ),
            models.Index(fields=["subject", "id"], name="delivery_subject"),
            models.Index(fields=["user", "-id"], name="delivery_user"),
            models.Index(fields=["group"], name="delivery_group"),
        ]

    def __str__(self) -> str:
        return f"{self.transport} to {self.address}"


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
