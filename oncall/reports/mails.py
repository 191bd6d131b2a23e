"""The words of the mails about uncovered hours, in the zone of who reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.intervals import Interval
from lib.moments import day_and_minute, span
from lib.text import one_line
from notifications.transports.base import Message
from oncall.models import Schedule
from oncall.reports.reading import CoverReport
from oncall.reports.uncovered import total

SHOWN = 6
MOST_SCHEDULES = 25
FAR = timedelta(weeks=4)
"""How far the end of a gap is looked for."""


def weekly(report: CoverReport, weeks: int, zone: ZoneInfo) -> Message:
    """What is uncovered in the next `weeks`, one fact a schedule."""
    facts = [
        fact for row in report.missing for fact in _facts(row.schedule, row.cover.gaps, row.cover.thin, zone)
    ]
    return Message(
        kind="notice",
        headline=_headline(report, weeks, zone),
        intro=_("Sent to a team’s managers on Mondays. Your own page can switch it off."),
        facts=tuple(_cut(facts)),
        url=f"{settings.SITE_URL}{reverse('oncall:reports')}",
        link_text=_("See what is uncovered"),
    )


def warning(schedule: Schedule, gap: Interval, now: datetime, zone: ZoneInfo) -> Message:
    """One gap that is near, or has begun."""
    name = one_line(f"{schedule} ({schedule.team})", 170)
    begins = day_and_minute(gap.start, zone)
    if gap.start > now:
        headline = _("Nobody is on call for %(name)s from %(begins)s") % {"name": name, "begins": begins}
    else:
        headline = _("Nobody is on call for %(name)s since %(begins)s") % {"name": name, "begins": begins}
    return Message(
        kind="notice",
        headline=headline,
        intro=_("Whoever escalates to this schedule then finds nobody. An override fills the gap."),
        facts=(
            (_("From"), begins),
            (_("Until"), _until(gap, now, zone)),
            (_("If it is meant so"), _("The schedule’s settings can switch these mails off.")),
        ),
        url=f"{settings.SITE_URL}{reverse('oncall:schedule', args=[schedule.pk])}",
        link_text=_("Open the schedule"),
    )


def _headline(report: CoverReport, weeks: int, zone: ZoneInfo) -> str:
    first = report.first_gap
    if first is None:
        return _("Only one of two people for %(span)s in the next %(weeks)s weeks") % {
            "span": span(report.thinly),
            "weeks": weeks,
        }
    count = len(report.with_gaps)
    where = (
        one_line(str(report.with_gaps[0].schedule), 80)
        if count == 1
        else ngettext("%(n)s schedule", "%(n)s schedules", count) % {"n": count}
    )
    return _("Nobody on call for %(span)s in the next %(weeks)s weeks: %(where)s, first %(first)s") % {
        "span": span(report.uncovered),
        "weeks": weeks,
        "where": where,
        "first": day_and_minute(first.start, zone),
    }


def _until(gap: Interval, now: datetime, zone: ZoneInfo) -> str:
    if gap.end >= now + FAR:
        return _("no end within four weeks")
    return f"{day_and_minute(gap.end, zone)} ({span(gap.length)})"


def _facts(
    schedule: Schedule, gaps: Sequence[Interval], thin: Sequence[Interval], zone: ZoneInfo
) -> list[tuple[str, str]]:
    name = one_line(f"{schedule} ({schedule.team})", 170)
    facts = [(name, _("nobody for %(span)s: %(times)s") % _times(gaps, zone))] if gaps else []
    if thin:
        facts.append((name, _("one person in place of two for %(span)s: %(times)s") % _times(thin, zone)))
    return facts


def _times(intervals: Sequence[Interval], zone: ZoneInfo) -> dict[str, str]:
    shown = [f"{_short(each.start, zone)} – {_short(each.end, zone)}" for each in intervals[:SHOWN]]
    more = len(intervals) - SHOWN
    if more > 0:
        shown.append(_("and %(n)s more") % {"n": more})
    return {"span": span(total(intervals)), "times": "; ".join(shown)}


def _short(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%a %-d %b %H:%M")


def _cut(facts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    more = len(facts) - MOST_SCHEDULES
    if more <= 0:
        return facts
    return [*facts[:MOST_SCHEDULES], (_("And"), _("%(n)s more") % {"n": more})]
