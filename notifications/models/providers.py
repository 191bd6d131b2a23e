"""The services that carry messages: how this installation speaks to them, and whether they work now."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import User


class Provider(models.Model):
    """The settings of one provider, as one sealed JSON object; its fields are declared in notifications.providers."""

    name = models.CharField(max_length=32, unique=True)
    values = models.TextField(help_text="Sealed.")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return self.name


class CircuitQuerySet(models.QuerySet["Circuit"]):
    def open(self) -> CircuitQuerySet:
        return self.filter(opened_at__isnull=False)


class Circuit(models.Model):
    """Whether what carries messages answers: after several failures in a row it is open, and only one try at a time
    is let through, at `retry_at`."""

    name = models.CharField(max_length=120, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField()

    objects = CircuitQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_at=None, retry_at=None)
                | Q(opened_at__isnull=False, retry_at__isnull=False),
                name="circuit_open_knows_when_to_try",
            )
        ]

    def __str__(self) -> str:
        return self.name


class KeyPurpose(models.TextChoices):
    VAPID = "vapid", "Web Push"
    LEDGER = "ledger", "Ledger"


class SigningKey(models.Model):
    """A key pair made at first use: one per purpose, the private half sealed."""

    purpose = models.CharField(max_length=16, choices=KeyPurpose, unique=True)
    public = models.TextField()
    private = models.TextField(help_text="Sealed.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=KeyPurpose.values), name="key_purpose_known")
        ]
