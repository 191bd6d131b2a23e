"""For looking only: postmortems are changed on their pages, which keep the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from postmortems.models import ActionItem, PdfFile, Postmortem

if TYPE_CHECKING:
    PostmortemBase = admin.ModelAdmin[Postmortem]
    ActionItemBase = admin.ModelAdmin[ActionItem]
    PdfFileBase = admin.ModelAdmin[PdfFile]
else:
    # Django's class takes no parameter when it runs.
    PostmortemBase = ActionItemBase = PdfFileBase = admin.ModelAdmin


class LookOnly:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Postmortem)
class PostmortemAdmin(LookOnly, PostmortemBase):
    list_display = ["incident_id", "incident", "state", "version", "author", "published_at"]
    list_filter = ["state"]
    list_select_related = ["incident", "author"]


@admin.register(ActionItem)
class ActionItemAdmin(LookOnly, ActionItemBase):
    list_display = ["text", "owner", "due_on", "state"]
    list_filter = ["state", "kind"]
    list_select_related = ["owner"]


@admin.register(PdfFile)
class PdfFileAdmin(LookOnly, PdfFileBase):
    list_display = ["postmortem_id", "state", "version", "size", "attempts", "made_at", "error"]
    list_filter = ["state"]
    exclude = ["content"]
