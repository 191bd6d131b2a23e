"""Django's admin, to look at how people are reached and at the ledger, without secrets and codes."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import InlineBase, ReadOnly, ReadOnlyBase
from notifications.ledger.lines import address_of, shortened
from notifications.models import Attempt, ContactMethod, Delivery, NotificationRule


@admin.register(ContactMethod)
class ContactMethodAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["user", "transport", "to", "verified_at", "disabled_at"]
    list_filter = ["transport"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    # Many an address is a secret, and a search for one would tell it letter by letter.
    fields = [
        "user",
        "transport",
        "to",
        "label",
        "created_at",
        "verified_at",
        "disabled_at",
        "disabled_reason",
    ]
    readonly_fields = ["to"]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> ContactMethod | None:
        """Named by its label, and without one not by its whole address."""
        found: ContactMethod | None = super().get_object(request, object_id, from_field)
        if found is not None:
            found.label = found.label or shortened(found.transport, found.address)
        return found

    @admin.display(description=_("address"))
    def to(self, method: ContactMethod) -> str:
        return shortened(method.transport, method.address)


@admin.register(NotificationRule)
class NotificationRuleAdmin(ReadOnly, ReadOnlyBase):
    list_display = ["user", "urgency", "delay", "by"]
    list_select_related = ["user", "method"]
    search_fields = ["user__email", "user__name"]
    fields = ["user", "urgency", "delay", "by"]
    readonly_fields = ["by"]

    @admin.display(description=_("method"))
    def by(self, rule: NotificationRule) -> str:
        return f"{rule.method.transport} {shortened(rule.method.transport, rule.method.address)}"


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
        "to",
        "state",
        "scheduled_at",
        "sent_at",
    ]
    list_filter = ["state", "kind", "transport"]
    list_select_related = ["user"]
    search_fields = ["subject"]
    # The message of a verification or an invitation holds what only its reader may know, and so may an address.
    exclude = ["message", "address", "circuit", "method"]
    readonly_fields = ["to"]
    inlines = [AttemptInline]

    @admin.display(description=_("address"))
    def to(self, delivery: Delivery) -> str:
        return address_of(delivery)
