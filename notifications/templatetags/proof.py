"""The proof of paging in templates: `{% load proof %}`."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from notifications.models import Delivery
from notifications.punctuality import seconds

register = template.Library()


@register.filter
def lateness(delivery: Delivery) -> str:
    """From when the person's rules wanted it to when the provider had it: "0.24 s late"; empty before."""
    if delivery.sent_at is None:
        return ""
    late = max((delivery.sent_at - delivery.scheduled_at) / timedelta(seconds=1), 0.0)
    return _("%(late)s late") % {"late": seconds(late)}
