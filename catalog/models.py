"""What the organisation runs: services with an owner, what they depend on, and what was changed on them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from oncall.models import EscalationPolicy


class Tier(models.IntegerChoices):
    """How much depends on it; 1 is what the business stands on."""

    CRITICAL = 1, _("Tier 1: critical")
    IMPORTANT = 2, _("Tier 2: important")
    STANDARD = 3, _("Tier 3: standard")
    INTERNAL = 4, _("Tier 4: internal")


class Grouping(models.TextChoices):
    SERVICE = "service", _("One open incident for the service; further alerts join it")
    LABELS = "labels", _("An open incident for each value of the labels named below")
    ALERT = "alert", _("An incident for each alert")


class ServiceQuerySet(models.QuerySet["Service"]):
    def changeable_by(self, user: User) -> ServiceQuerySet:
        return self.filter(team__in=Team.objects.changeable_by(user))

    def live(self) -> ServiceQuerySet:
        return self.filter(archived_at=None)


class Service(models.Model):
    """A thing with an owner, about which alerts come in and people are paged."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services", verbose_name=_("owner"))
    tier = models.PositiveSmallIntegerField(_("criticality"), choices=Tier, default=Tier.STANDARD)
    policy = models.ForeignKey(
        EscalationPolicy,
        on_delete=models.PROTECT,
        related_name="services",
        verbose_name=_("escalation policy"),
    )
    runbook_url = models.URLField(_("runbook"), max_length=500, blank=True)
    depends_on: models.ManyToManyField[Service, models.Model] = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="dependents", verbose_name=_("depends on")
    )
    grouping = models.CharField(_("grouping"), max_length=16, choices=Grouping, default=Grouping.SERVICE)
    group_labels: models.JSONField[list[str], list[str]] = models.JSONField(
        _("group by these labels"), default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    group_window = models.DurationField(
        _("join within"),
        null=True,
        blank=True,
        help_text=_(
            "An alert joins an open incident whose last alert came this recently. Empty: however old."
        ),
    )
    joins_parents = models.BooleanField(
        _("join what it depends on"),
        default=True,
        db_default=True,
        help_text=_("While a service that this one depends on is down, its alerts join that incident."),
    )
    auto_resolve = models.BooleanField(
        _("resolve by itself"),
        default=True,
        help_text=_(
            "When all alerts of an incident resolve before it was declared, the incident resolves too."
        ),
    )
    remind_after = models.DurationField(
        _("remind after"),
        null=True,
        blank=True,
        help_text=_("Asks whoever acknowledged whether they are still on it, again and again. Empty: never."),
    )
    ack_lasts = models.DurationField(
        _("an acknowledgement lasts"),
        null=True,
        blank=True,
        help_text=_("Pages again when nothing was declared or resolved by then. Empty: for good."),
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="service_tier_known"),
            models.CheckConstraint(condition=Q(grouping__in=Grouping.values), name="service_grouping_known"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceAlias(models.Model):
    """Another name by which tools call a service: a route that finds services by a label knows it too."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(models.functions.Lower("name"), name="service_alias_once")]

    def __str__(self) -> str:
        return self.name


class ChangeKind(models.TextChoices):
    DEPLOY = "deploy", _("Deploy")
    FLAG = "flag", _("Feature flag")
    CONFIG = "config", _("Configuration")
    OTHER = "other", _("Change")


class Change(models.Model):
    """A deploy, a flag, a configuration change: told by tools, pages nobody, explains much."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(
        max_length=8, choices=ChangeKind, default=ChangeKind.OTHER, db_default=ChangeKind.OTHER.value
    )
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=300, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    links: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(default=list)
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        ordering = ["-happened_at", "-id"]
        indexes = [models.Index(fields=["service", "-happened_at"], name="change_service_time")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="change_kind_known"),
        ]
