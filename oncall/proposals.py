"""Schedules as they would be, with layers that are not stored: what lies ahead of them, and what an edit changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, timeline
from oncall.bridge import schedule_of
from oncall.differences import Change, balances, changes, new_gaps, secondary
from oncall.drafts import LayerDraft, computed
from oncall.models import FeedPurpose, Schedule
from oncall.outlook import Week, in_hours, people_in, weeks_of
from oncall.rotation import Fixed, Segment
from oncall.skipping import holiday_dates, holiday_name

SHOWN = 12
"""So many changes are told at once, the others on request."""


def proposed(
    schedule: Schedule | None,
    drafts: Sequence[LayerDraft],
    zone: str,
    wants_secondary: bool,
    span: Interval,
    now: datetime,
) -> coverage.Schedule:
    """The schedule with these layers instead of its own; its calendars and overrides stay. Raises Refused."""
    layers = computed(drafts, zone, now)
    if schedule is None:
        return coverage.Schedule(layers, wants_secondary=wants_secondary)
    stored = schedule_of(schedule, span)
    calendars = [each for each in stored.layers if isinstance(each, Fixed)]
    above = _feeds_above(schedule) if calendars else frozenset()
    low = [each for each in calendars if each.id not in above]
    high = [each for each in calendars if each.id in above]
    return coverage.Schedule((*low, *layers, *high), stored.overrides, wants_secondary)


def holidays_ahead(drafts: Iterable[LayerDraft], span: Interval, zone: ZoneInfo) -> list[tuple[date, str]]:
    """The public holidays in the span on which some layer has no duty, with their names."""
    first, last = span.start.astimezone(zone).date(), span.end.astimezone(zone).date()
    codes = {draft.skip_holidays for draft in drafts if draft.skip_holidays}
    days = {(day, code) for code in codes for day in holiday_dates(code) if first <= day <= last}
    return [(day, holiday_name(code, day) or "") for day, code in sorted(days)]


def _feeds_above(schedule: Schedule) -> frozenset[int]:
    return frozenset(schedule.feeds.filter(purpose=FeedPurpose.OVERRIDES).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words. `role` says that it concerns the secondary."""

    start: datetime
    end: datetime
    old: tuple[User, ...]
    new: tuple[User, ...]
    is_secondary: bool = False

    @property
    def is_gap(self) -> bool:
        return not self.new and not self.is_secondary


@dataclass(frozen=True, slots=True)
class Gain:
    """Who has how many hours more or less. `more` is told with its sign."""

    person: User
    before: str
    after: str
    more: str
    is_more: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One week now and after; `marks` are the stretches that change."""

    now: Week
    after: Week
    marks: tuple[timeline.Place, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What an edit changes in a span, for its page."""

    zone: str
    pairs: tuple[Pair, ...]
    told: tuple[Told, ...]
    gains: tuple[Gain, ...]
    gaps: tuple[Interval, ...]
    closed: tuple[Interval, ...]

    @property
    def first(self) -> tuple[Told, ...]:
        return self.told[:SHOWN]

    @property
    def rest(self) -> tuple[Told, ...]:
        return self.told[SHOWN:]

    @property
    def gap_hours(self) -> str:
        return in_hours(sum((each.length for each in self.gaps), timedelta(0)))


def review_of(before: coverage.Schedule, after: coverage.Schedule, span: Interval, zone: ZoneInfo) -> Review:
    """What becomes different in the span when the one becomes the other."""
    was, becomes = coverage.final(before, span), coverage.final(after, span)
    people = people_in(was, becomes)
    firsts = changes(was, becomes, span)
    seconds = changes(secondary(was), secondary(becomes), span)
    told = [
        *(_told(each, people, False) for each in firsts),
        *(_told(each, people, True) for each in seconds),
    ]
    return Review(
        str(zone),
        _pairs(was, becomes, (*firsts, *seconds), span, zone, people),
        tuple(sorted(told, key=lambda each: (each.start, each.is_secondary))),
        _gains(was, becomes, people),
        tuple(new_gaps(was, becomes, span)),
        tuple(new_gaps(becomes, was, span)),
    )


def _told(change: Change, people: Mapping[int, User], is_secondary: bool) -> Told:
    old, new = (tuple(people[each] for each in ids if each in people) for ids in (change.old, change.new))
    return Told(change.start, change.end, old, new, is_secondary)


def _gains(
    was: Sequence[Segment], becomes: Sequence[Segment], people: Mapping[int, User]
) -> tuple[Gain, ...]:
    return tuple(
        Gain(
            people[each.person],
            in_hours(each.before),
            in_hours(each.after),
            f"{'+' if each.more > timedelta(0) else '−'}{in_hours(abs(each.more))}",
            each.more > timedelta(0),
        )
        for each in balances(was, becomes)
        if each.person in people
    )


def _pairs(
    was: Sequence[Segment],
    becomes: Sequence[Segment],
    found: Sequence[Change],
    span: Interval,
    zone: ZoneInfo,
    people: Mapping[int, User],
) -> tuple[Pair, ...]:
    now, after = weeks_of(was, span, zone, people), weeks_of(becomes, span, zone, people)
    pairs = zip(now, after, strict=True)
    return tuple(Pair(old, new, _marks(found, timeline.days_from(old.first, 7, zone))) for old, new in pairs)


def _marks(found: Sequence[Change], week: Interval) -> tuple[timeline.Place, ...]:
    return tuple(
        timeline.place(week, each.start, each.end)
        for each in found
        if each.start < week.end and week.start < each.end
    )
