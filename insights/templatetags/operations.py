"""Lateness in words, for templates."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.translation import gettext as _

from notifications.punctuality import seconds

register = template.Library()
MINUTE = 60.0

register.filter("seconds", seconds)


@register.filter
def percent(share: float | None) -> str:
    """ "100 %", "99.98 %": never rounded up to all where it was not all."""
    if share is None:
        return "–"
    if share >= 1:
        return "100 %"
    return f"{min(share * 100, 99.99):.2f} %"


@register.filter
def late_by(done: datetime, due: datetime) -> str:
    """How late it was; "on time" below a second."""
    late = (done - due) / timedelta(seconds=1)
    return _("on time") if late < 1 else seconds(late)


@register.filter
def edges(bar: object) -> str:
    """ "up to 0.1 s", "0.1 to 0.5 s", "over 1 min": what a row of a histogram counts."""
    above, upto = getattr(bar, "above", 0.0), getattr(bar, "upto", None)
    if upto is None:
        return _("over %(edge)s") % {"edge": _short(above)}
    if not above:
        return _("up to %(edge)s") % {"edge": _short(upto)}
    same = above < MINUTE and upto < MINUTE
    return _("%(above)s to %(edge)s") % {
        "above": f"{above:g}" if same else _short(above),
        "edge": _short(upto),
    }


def _short(edge: float) -> str:
    return f"{edge:g} s" if edge < MINUTE else f"{edge / MINUTE:g} min"
