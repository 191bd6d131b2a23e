"""What the postmortems' templates say in their own way."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lib import moments
from lib.markdown import render

register = template.Library()

EXACT = timedelta(seconds=10)


@register.filter
def bare_markdown(text: str) -> SafeString:
    """What a person wrote, sanitised, without a box around it: a document of thousands of entries counts them."""
    return render(text)


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
