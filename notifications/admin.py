"""Django's admin, to look at how people are reached and at the ledger, without secrets and codes."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import InlineBase, ReadOnly, ReadOnlyBase
from notifications.models import Attempt, ContactMethod, Delivery, NotificationRule


@admin.register(ContactMethod)
class ContactMethodAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["user", "transport", "address", "verified_at", "disabled_at"]
    list_filter = ["transport"]
    list_select_related = ["user"]
    search_fields = ["address", "user__email", "user__name"]
    exclude = ["secret"]


@admin.register(NotificationRule)
class NotificationRuleAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["user", "urgency", "delay", "method"]
    list_select_related = ["user", "method"]
    search_fields = ["user__email", "user__name"]


class AttemptInline(ReadOnly, InlineBase):
    model = Attempt
    extra = 0


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ReadOnlyBase):
    list_display = [
        "id",
        "kind",
        "subject",
        "user",
        "transport",
        "address",
        "state",
        "scheduled_at",
        "sent_at",
    ]
    list_filter = ["state", "kind", "transport"]
    list_select_related = ["user"]
    search_fields = ["subject", "address"]
    # The message of a verification or an invitation holds what only its reader may know.
    exclude = ["message"]
    inlines = [AttemptInline]
