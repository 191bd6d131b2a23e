"""Durations and distances in time in a reader's words. Pure but for gettext.

static/js/tocsin.js says the same in the browser, in the words of templates/components/_words.html.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

JUST_NOW = timedelta(seconds=10)
FAR = timedelta(days=7)
MINUTE, HOUR, DAY = 60, 3600, 86400


def span(length: timedelta) -> str:
    """A duration in its two largest units: "45 s", "12 min", "2 h 14 min", "3 days 4 h"; never negative."""
    seconds = int(abs(length).total_seconds())
    if seconds < MINUTE:
        return _("%(n)s s") % {"n": seconds}
    if seconds < HOUR:
        return _("%(n)s min") % {"n": seconds // MINUTE}
    if seconds < DAY:
        hours, minutes = divmod(seconds // MINUTE, 60)
        return _joined(_("%(n)s h") % {"n": hours}, minutes and _("%(n)s min") % {"n": minutes})
    days, hours = divmod(seconds // HOUR, 24)
    large = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    return _joined(large, hours and _("%(n)s h") % {"n": hours})


def relative(moment: datetime, now: datetime) -> str:
    """How far `moment` lies from `now`: "just now", "12 min ago", "in 3 h"; one unit, made for a glance."""
    distance = now - moment
    if abs(distance) < JUST_NOW:
        return _("just now")
    template = _("%(span)s ago") if distance > timedelta(0) else _("in %(span)s")
    return template % {"span": span(_in_one_unit(abs(distance)))}


def is_far(moment: datetime, now: datetime) -> bool:
    """Past a week, a date says more than a distance."""
    return abs(now - moment) >= FAR


def day_and_minute(moment: datetime, zone: tzinfo) -> str:
    """The instant on the reader's clock: "Fri 21 Nov 2025, 03:40 CET"."""
    return moment.astimezone(zone).strftime("%a %-d %b %Y, %H:%M %Z")


def utc_instant(moment: datetime) -> str:
    """The exact instant for a title: "2025-11-21 02:40:07 UTC"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _in_one_unit(length: timedelta) -> timedelta:
    seconds = int(length.total_seconds())
    unit = next((size for size in (DAY, HOUR, MINUTE) if seconds >= size), 1)
    return timedelta(seconds=seconds - seconds % unit)


def _joined(large: str, small: str | int) -> str:
    return f"{large} {small}" if small else large
