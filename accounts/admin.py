"""Django's admin, to look and not to change: every change is an action, in the pages of Tocsin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import admin as _library
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth import admin as _groups
from django.http import HttpRequest

from accounts.models import ApiToken, Membership, Team, User

# One sign-in for all: its limits on wrong passwords hold here too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Libraries bring pages that change their rows; nobody needs them here, and roles are not groups.
admin.site.unregister([_library.EmailAddress, _groups.Group])  # type: ignore[attr-defined] # imported there to be registered

if TYPE_CHECKING:
    ReadOnlyBase = admin.ModelAdmin[Any]
    InlineBase = admin.TabularInline[Any, Any]
else:
    ReadOnlyBase = admin.ModelAdmin
    InlineBase = admin.TabularInline


class ReadOnly:
    """Rows can be seen by admins and not be touched."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class MembershipInline(ReadOnly, InlineBase):
    model = Membership
    extra = 0


@admin.register(User)
class UserAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["email", "name", "role", "time_zone", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["email", "name"]
    exclude = ["password", "groups", "user_permissions", "is_superuser"]
    inlines = [MembershipInline]


@admin.register(Team)
class TeamAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["name", "slug", "description"]
    search_fields = ["name"]
    inlines = [MembershipInline]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, ReadOnlyBase):
    list_display = [
        "name",
        "user",
        "hint",
        "read_only",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_select_related = ["user"]
    search_fields = ["name", "user__email"]
    exclude = ["digest"]
