"""People, teams and the tokens with which tools act for people."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.zones import validate_zone


class Role(models.TextChoices):
    """What a person may do across the installation; what they may change in a team stands in Membership."""

    ADMIN = "admin", _("Admin")
    RESPONDER = "responder", _("Responder")
    VIEWER = "viewer", _("Viewer")


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def admins(self) -> UserQuerySet:
        return self.active().filter(role=Role.ADMIN)

    def responders(self) -> UserQuerySet:
        """Everybody who can be paged and can act: responders and admins."""
        return self.active().exclude(role=Role.VIEWER)

    def responding_after(self, moment: datetime) -> UserQuerySet:
        """Responders, and those who still were at that moment."""
        active = Q(is_active=True) & ~Q(role=Role.VIEWER)
        return self.filter(active | Q(responded_until__gt=moment))

    def matching(self, text: str) -> UserQuerySet:
        return self.filter(Q(name__icontains=text) | Q(email__icontains=text))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc] # django-stubs cannot type a computed base
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """A person who signs in by `email`, kept in lower case; without a password they must reset it first."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Times are shown to them, and their rules run, in `time_zone`."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.RESPONDER)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    responded_until = models.DateTimeField(
        null=True, blank=True, help_text="When they stopped being able to respond; who could never has none."
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_case"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        """Django's own admin pages are for Tocsin's admins."""
        return self.is_admin

    @property
    def can_respond(self) -> bool:
        """May act on incidents and may be paged."""
        return self.is_active and self.role in (Role.ADMIN, Role.RESPONDER)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_admin


class TeamQuerySet(models.QuerySet["Team"]):
    def changeable_by(self, user: User) -> TeamQuerySet:
        """Teams whose things `user` may change: all for an admin, else those that they manage."""
        if user.is_admin:
            return self
        if not user.can_respond:
            return self.none()
        return self.filter(
            id__in=Membership.objects.filter(user=user, role=TeamRole.MANAGER).values("team_id")
        )

    def of(self, user: User) -> TeamQuerySet:
        return self.filter(memberships__user=user)


class Team(models.Model):
    """Who owns services, schedules and policies."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamRole(models.TextChoices):
    MEMBER = "member", _("Member")
    MANAGER = "manager", _("Manager")


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=TeamRole, default=TeamRole.MEMBER)

    class Meta:
        ordering = ["team_id", "-role", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once_per_team"),
            models.CheckConstraint(condition=Q(role__in=TeamRole.values), name="membership_role_known"),
        ]


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, now: datetime) -> ApiTokenQuerySet:
        """Neither revoked nor past their end, of people who are still here."""
        return self.filter(revoked_at=None, user__is_active=True).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        )


class ApiToken(models.Model):
    """A bearer token that acts with its person's role. Only the digest is stored; `hint` tells tokens apart."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    read_only = models.BooleanField(_("may only read"), default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
