"""How reports write time on call."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def hours(length: timedelta) -> str:
    """Hours with one decimal where needed: "168 h", "7.5 h"; a dash for none."""
    if not length:
        return "–"
    found = round(length / timedelta(hours=1), 1)
    shown = number_format(found, 0 if found == int(found) else 1, force_grouping=True)
    return _("%(n)s h") % {"n": shown}
