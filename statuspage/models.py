"""Public status pages: what they show, and what was last rendered of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.zones import validate_zone
from catalog.models import Service
from lib.secrets import new_key


class ComponentStatus(models.TextChoices):
    """Statuspage's words on the wire (public API v2, component `status`)."""

    OPERATIONAL = "operational", _("Operational")
    MAINTENANCE = "under_maintenance", _("Under maintenance")
    DEGRADED = "degraded_performance", _("Degraded performance")
    PARTIAL = "partial_outage", _("Partial outage")
    MAJOR = "major_outage", _("Major outage")


def may_edit(user: User) -> bool:
    """Status pages belong to no team: admins and every team's managers edit them."""
    return user.is_admin or Team.objects.changeable_by(user).exists()


class StatusPageQuerySet(models.QuerySet["StatusPage"]):
    def changeable_by(self, user: User) -> StatusPageQuerySet:
        return self if may_edit(user) else self.none()


class StatusPage(models.Model):
    """A page that customers read without signing in.

    `id_key` is what the public ids of its incidents and components are derived from; changing it changes
    every id that feeds and scripts remember. `version` is raised whenever a rendition changes, so that a web
    process sees by one number whether its copy is the newest. `rendered_at` is the page's age.
    """

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    headline = models.TextField(_("text above the components"), blank=True)
    support_url = models.URLField(_("where customers get help"), max_length=500, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    is_default = models.BooleanField(_("shown at /status/"), default=False)
    id_key = models.CharField(max_length=32, default=new_key, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)
    rendered_at = models.DateTimeField(null=True, blank=True)

    objects = StatusPageQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="statuspage_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Component(models.Model):
    """A part of the product in customers' words; open public incidents of its services decide its status."""

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="components")
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    group = models.CharField(_("group"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    status_override = models.CharField(  # noqa: DJ001 - no status set is not a status
        _("status set by hand"), max_length=24, choices=ComponentStatus, null=True, blank=True
    )
    services: models.ManyToManyField[Service, models.Model] = models.ManyToManyField(
        Service, blank=True, related_name="components", verbose_name=_("services")
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["page", "group", "name"], name="component_name_once_in_group"),
            models.CheckConstraint(
                condition=Q(status_override=None) | Q(status_override__in=ComponentStatus.values),
                name="component_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Rendition(models.Model):
    """One file of a page as it was last rendered; the public address is served from these rows alone."""

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="renditions")
    path = models.CharField(max_length=120)
    body = models.TextField()
    content_type = models.CharField(max_length=80)
    etag = models.CharField(max_length=40)
    last_changed_at = models.DateTimeField()

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["page", "path"], name="rendition_path_once")]

    def __str__(self) -> str:
        return self.path
