"""What the postmortems' templates say in their own way."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from lib import moments

register = template.Library()

EXACT = timedelta(seconds=10)


@register.filter
def precise(length: timedelta | None) -> str:
    """A duration where parts of a second count: "340 ms", "1.2 s", then as everywhere."""
    if length is None:
        return "–"
    seconds = length.total_seconds()
    if abs(length) >= EXACT:
        return moments.span(length)
    if abs(seconds) < 1:
        return _("%(n)s ms") % {"n": round(seconds * 1000)}
    return _("%(n)s s") % {"n": f"{seconds:.1f}"}
