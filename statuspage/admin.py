"""For looking only: pages are changed in the status editor, which renders them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from statuspage.models import Component, StatusPage

if TYPE_CHECKING:
    PageBase = admin.ModelAdmin[StatusPage]
    ComponentBase = admin.ModelAdmin[Component]
else:
    # Django's class takes no parameter when it runs.
    PageBase = ComponentBase = admin.ModelAdmin


@admin.register(StatusPage)
class StatusPageAdmin(PageBase):
    list_display = ["name", "slug", "is_default", "version", "rendered_at"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StatusPage | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StatusPage | None = None) -> bool:
        return False


@admin.register(Component)
class ComponentAdmin(ComponentBase):
    list_display = ["name", "page", "group", "position", "status_override"]
    list_filter = ["page"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Component | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Component | None = None) -> bool:
        return False
