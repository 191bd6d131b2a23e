"""How each person is reached, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

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
    throttle = models.DurationField(
        _("at most one message in"),
        null=True,
        blank=True,
        help_text="Empty: what the transport says. Pages that come sooner are told together in the next one.",
    )
    last_page_at = models.DateTimeField(null=True, blank=True)

    objects = ContactMethodQuerySet.as_manager()

    # How a channel shows an address of its own, set when the app is ready: many an address is a secret.
    show: ClassVar[Callable[[str, str], str]] = staticmethod(lambda transport, address: transport)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "transport", "address"], name="contact_method_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return self.label or self.shown

    @property
    def shown(self) -> str:
        """The address, as far as people may see it."""
        return ContactMethod.show(self.transport, self.address)

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


class QuietHours(models.Model):
    """When a person is not to be told of low urgency, on the clock of their own zone; `ends` may be the next day.

    Equal times are refused: they would mean never or always. High urgency knows no quiet hours.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="quiet_hours")
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    weekends = models.BooleanField(_("all day on Saturday and Sunday"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(starts=models.F("ends")), name="quiet_hours_have_length")
        ]
