"""The eight weeks ahead of a schedule, week by week: who is on call, gaps, hand-offs, and how the hours fall on people.

A row for each calendar week of the schedule's zone keeps shifts of a day readable; the same weeks are told in words
for a phone and for those who do not see the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, timeline
from oncall.coverage import merge
from oncall.differences import handoffs, hours, secondary, uncovered
from oncall.rotation import Segment

AHEAD = timedelta(weeks=8)
PREVIEW, PAGE = 390, 820
"""How wide a week is drawn beside the editor and on a page of its own, in pixels, as near as one can say."""
_CHARACTER, _PADDING = 7.3, 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """People, or nobody, from `start` until just before `end`; `place` is within the drawn week."""

    start: datetime
    end: datetime
    place: timeline.Place
    people: tuple[User, ...] = ()
    seconds: tuple[User, ...] = ()

    @property
    def names(self) -> str:
        return ", ".join(str(person) for person in self.people) or _("Nobody")

    @property
    def label(self) -> str:
        """What is written on the bar beside the editor."""
        return self._fitting(PREVIEW)

    @property
    def wide_label(self) -> str:
        """What is written on the bar where the week has a page's width."""
        return self._fitting(PAGE)

    def _fitting(self, width: int) -> str:
        """Names, first names or initials: the most that fits; else nothing, since the title says it."""
        room = (float(self.place.width) / 100 * width - _PADDING) / _CHARACTER
        words = [str(person).split() or [""] for person in self.people]
        firsts = ", ".join(each[0] for each in words)
        initials = " ".join(each[0][:1] + (each[-1][:1] if len(each) > 1 else "") for each in words)
        return next((text for text in (self.names, firsts, initials) if len(text) <= room), "")


@dataclass(frozen=True, slots=True)
class Week:
    """One row. `bars` are those on call, `seconds` the secondaries below them, `gaps` nobody; `told` are the stretches
    that begin in it, and gaps, in order."""

    first: date
    last: date
    days: tuple[timeline.Day, ...]
    bars: tuple[Stretch, ...]
    seconds: tuple[Stretch, ...]
    gaps: tuple[Stretch, ...]
    told: tuple[Stretch, ...]
    now_x: str | None = None

    @property
    def summary(self) -> str:
        """Everybody who is on call in it, once each, in order."""
        return ", ".join(dict.fromkeys(str(person) for bar in self.bars for person in bar.people))


@dataclass(frozen=True, slots=True)
class Share:
    """How long one person is on call in the span, as primary and as secondary; `width` compares it, in percent."""

    person: User
    length: timedelta
    as_second: timedelta
    width: str

    @property
    def hours(self) -> str:
        return in_hours(self.length)

    @property
    def second_hours(self) -> str:
        return in_hours(self.as_second) if self.as_second else ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead of a schedule in its own zone."""

    span: Interval
    zone: str
    weeks: tuple[Week, ...]
    gaps: tuple[Interval, ...]
    thin: tuple[Interval, ...]
    handoffs: int
    shares: tuple[Share, ...]

    @property
    def gap_hours(self) -> str:
        return in_hours(sum((each.length for each in self.gaps), timedelta(0)))

    @property
    def thin_hours(self) -> str:
        return in_hours(sum((each.length for each in self.thin), timedelta(0)))


def span_ahead(now: datetime) -> Interval:
    """The eight weeks that are looked at."""
    return Interval(now, now + AHEAD)


def outlook_of(value: coverage.Schedule, span: Interval, zone: ZoneInfo) -> Outlook:
    """What that schedule would bring in the span; two queries at most."""
    final = coverage.final(value, span)
    people = people_in(final)
    return Outlook(
        span,
        str(zone),
        weeks_of(final, span, zone, people),
        tuple(uncovered(final, span)),
        tuple(coverage.thin(value, span)),
        len(handoffs(_plain(final))),
        _shares(final, people),
    )


def people_in(*finals: Iterable[Segment]) -> dict[int, User]:
    """Everybody who stands in the segments, in whichever role, by id, in one query."""
    segments = [each for final in finals for each in final]
    wanted = {person for each in segments for person in (*each.people, *each.secondary, *each.shadow)}
    found: dict[int, User] = User.objects.in_bulk(wanted)
    return found


def weeks_of(
    final: Sequence[Segment], span: Interval, zone: ZoneInfo, people: Mapping[int, User]
) -> tuple[Week, ...]:
    """The calendar weeks that the span touches."""
    found: list[Week] = []
    monday = span.start.astimezone(zone).date()
    monday -= _DAY * monday.weekday()
    while (week := timeline.days_from(monday, 7, zone)).start < span.end:
        found.append(_week(monday, week, final, span, zone, people))
        monday += 7 * _DAY
    return tuple(found)


def in_hours(length: timedelta) -> str:
    """Such as "37.5 h"."""
    hours = round(length.total_seconds() / 3600, 1)
    return _("%(n)s h") % {"n": f"{hours:,.1f}".removesuffix(".0").replace(",", "\u202f")}


def _week(
    monday: date,
    week: Interval,
    final: Sequence[Segment],
    span: Interval,
    zone: ZoneInfo,
    people: Mapping[int, User],
) -> Week:
    seen = week.intersection(span)
    gaps = uncovered(final, seen) if seen else []
    bars = tuple(_stretches(_plain(final), week, people))
    holes = tuple(Stretch(each.start, each.end, timeline.place(week, each.start, each.end)) for each in gaps)
    begin = [each for each in bars if each.start >= max(week.start, span.start)]
    return Week(
        monday,
        monday + 6 * _DAY,
        tuple(timeline.days(week, zone)),
        bars,
        tuple(_stretches(merge(_unsourced(secondary(final))), week, people)),
        holes,
        tuple(sorted((*begin, *holes), key=lambda each: each.start)),
        timeline.at(week, span.start) if week.contains(span.start) else None,
    )


def _plain(final: Iterable[Segment]) -> list[Segment]:
    """Stretches of the same people as one, whichever layer they come from."""
    return merge(_unsourced(final))


def _unsourced(segments: Iterable[Segment]) -> Iterator[Segment]:
    return (replace(each, source="", shadow=()) for each in segments)


def _stretches(segments: Iterable[Segment], week: Interval, people: Mapping[int, User]) -> Iterator[Stretch]:
    for each in segments:
        if each.start < week.end and week.start < each.end:
            yield Stretch(
                each.start,
                each.end,
                timeline.place(week, each.start, each.end),
                tuple(people[person] for person in each.people if person in people),
                tuple(people[person] for person in each.secondary if person in people),
            )


def _shares(final: Sequence[Segment], people: Mapping[int, User]) -> tuple[Share, ...]:
    first, second = hours(final), hours(secondary(final))
    most = max((*first.values(), *second.values()), default=timedelta(0))
    every = [
        Share(people[each], first.get(each, timedelta(0)), second.get(each, timedelta(0)), "0")
        for each in {**first, **second}
        if each in people
    ]
    ordered = sorted(every, key=lambda each: (-each.length, -each.as_second, str(each.person)))
    return tuple(replace(each, width=f"{each.length / most * 100:.2f}") for each in ordered)
