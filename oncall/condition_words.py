"""When a step of a policy applies, in words for pages: for which incidents, at which hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from lib import moments
from oncall.conditions import UNDECLARED, Condition, OnHolidays

_DAY = timedelta(days=1)
_Days = Sequence[int | None]


def only(condition: Condition) -> tuple[str, ...]:
    """For which incidents a step is: ("SEV4 or not declared yet", "tier 1, 2"); empty for all."""
    found = []
    if condition.severities:
        found.append(_severities(condition.severities))
    if condition.tiers:
        tiers = ", ".join(str(each) for each in sorted(condition.tiers))
        found.append(_("services of tier %(tiers)s") % {"tiers": tiers})
    if len(condition.urgencies) == 1:
        found.append(_("high urgency") if "high" in condition.urgencies else _("low urgency"))
    return tuple(found)


def hours(condition: Condition) -> str:
    """At which hours a step is: "Mon–Fri 09:00–17:00, not on holidays of DE, Europe/Berlin"; empty for all."""
    if not condition.has_hours:
        return ""
    grouped: dict[tuple[time, timedelta], list[int | None]] = {}
    for window in condition.windows:
        grouped.setdefault((window.start, window.duration), []).append(window.weekday)
    parts = [f"{_days(days)} {_times(*times)}".strip() for times, days in grouped.items()]
    if condition.on_holidays == OnHolidays.NEVER:
        parts.append(_("not on holidays of %(code)s") % {"code": condition.holidays})
    elif condition.on_holidays == OnHolidays.ONLY:
        parts.append(_("only on holidays of %(code)s") % {"code": condition.holidays})
    clock = condition.zone.replace("_", " ") or _("each on their own clock")
    return ", ".join((*parts, clock))


def _severities(severities: frozenset[int]) -> str:
    declared = ", ".join(f"SEV{each}" for each in sorted(severities - {UNDECLARED}))
    if UNDECLARED not in severities:
        return declared
    if not declared:
        return _("incidents not declared yet")
    return _("%(severities)s or not declared yet") % {"severities": declared}


def _days(days: _Days) -> str:
    known = sorted({day for day in days if day is not None})
    if None in days or len(known) == 7:
        return ""
    names = [str(WEEKDAYS_ABBR[day]) for day in known]
    if len(known) > 2 and known[-1] - known[0] == len(known) - 1:
        return f"{names[0]}–{names[-1]}"
    return ", ".join(names)


def _times(start: time, duration: timedelta) -> str:
    if duration == _DAY and start == time(0):
        return _("all day")
    if duration > _DAY:
        return _("from %(start)s for %(span)s") % {"start": f"{start:%H:%M}", "span": moments.span(duration)}
    end = (datetime.combine(date(2000, 1, 1), start) + duration).time()
    return f"{start:%H:%M}–{end:%H:%M}"
