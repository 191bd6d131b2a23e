"""What the reports are made of, read for any number of schedules in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from accounts.models import User
from lib.intervals import Interval
from notifications.models import Delivery, DeliveryKind
from oncall import coverage, skipping
from oncall.bridge import schedules_of
from oncall.models import Layer, LayerRole, Schedule, Slot
from oncall.plan import SCHEDULES
from oncall.reports.load import Fairness, Load, Page, fairness, loads
from oncall.reports.pieces import Piece, pieces, stretches
from oncall.reports.uncovered import NOTHING, Cover, cover_of

# The methods of one page follow each other by at most this, so an earlier first one is looked for so far back.
LONGEST_PAGE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Covered:
    """A schedule and what is missing in it."""

    schedule: Schedule
    cover: Cover


@dataclass(frozen=True, slots=True)
class CoverReport:
    """Schedules with something missing come first, by when that begins."""

    rows: tuple[Covered, ...]

    @property
    def missing(self) -> tuple[Covered, ...]:
        """With gaps or thin cover."""
        return tuple(row for row in self.rows if not row.cover.is_whole)

    @property
    def whole(self) -> tuple[Covered, ...]:
        """With nothing to say about them."""
        return tuple(row for row in self.rows if row.cover.is_whole)

    @property
    def with_gaps(self) -> tuple[Covered, ...]:
        return tuple(row for row in self.rows if row.cover.gaps)

    @property
    def uncovered(self) -> timedelta:
        return sum((row.cover.uncovered for row in self.rows), NOTHING)

    @property
    def thinly(self) -> timedelta:
        return sum((row.cover.thinly for row in self.rows), NOTHING)

    @property
    def first_gap(self) -> Interval | None:
        return min((row.cover.gaps[0] for row in self.with_gaps), default=None)


@dataclass(frozen=True, slots=True)
class Carried:
    """A person and what they had; shares are percent of the hours of whoever has most, as text for SVG."""

    person: User
    load: Load
    primary_share: str
    secondary_share: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Everybody with hours, or who stands in a layer; who has most comes first."""

    rows: tuple[Carried, ...]
    fairness: Fairness | None
    heaviest: User | None

    @property
    def is_empty(self) -> bool:
        """Nobody had an hour or a page."""
        return not any(row.load.total or row.load.pages for row in self.rows)


@dataclass(frozen=True, slots=True)
class Worked:
    """Everybody's pieces in a span, with the people that they name."""

    pieces: tuple[Piece, ...]
    people: dict[int, User]


def cover_report(schedules: Iterable[Schedule], now: datetime, weeks: int) -> CoverReport:
    """What is missing in the `weeks` from now on."""
    listed, span = list(schedules), Interval(now, now + timedelta(weeks=weeks))
    values = schedules_of([each.pk for each in listed], span)
    rows = [Covered(each, cover_of(values[each.pk], span)) for each in listed]
    return CoverReport(tuple(sorted(rows, key=lambda row: _begins(row.cover, span))))


def load_report(schedules: Sequence[Schedule], span: Interval, *, all_pages: bool) -> LoadReport:
    """Load in the span, past or planned. With `all_pages` every page counts, else those for these schedules."""
    ids = {each.pk for each in schedules}
    worked = worked_in(schedules, span, standing=_standing(ids))
    found = loads(
        worked.pieces,
        _pages(worked.people, span, None if all_pages else ids),
        {key: person.zone for key, person in worked.people.items()},
    )
    even = fairness(found)
    return LoadReport(_carried(found, worked.people), even, worked.people[even.person] if even else None)


def worked_in(schedules: Iterable[Schedule], span: Interval, standing: Collection[int] = ()) -> Worked:
    """Everybody's pieces in these schedules; `people` holds those and the ones in `standing`."""
    listed = list(schedules)
    values = schedules_of([each.pk for each in listed], span)
    held = {key: stretches(coverage.final(value, span)) for key, value in values.items()}
    named = {person for found in held.values() for person, _role in found}
    people: dict[int, User] = User.objects.in_bulk(named | set(standing))
    days = _holidays(list(held), span)
    found = tuple(
        piece
        for schedule, by_person in held.items()
        for (person, role), intervals in by_person.items()
        for piece in pieces(person, schedule, role, intervals, people[person].zone, days[schedule])
    )
    return Worked(found, people)


def _begins(cover: Cover, span: Interval) -> tuple[datetime, datetime]:
    """Whole cover sorts last, then thin cover."""
    gap = cover.gaps[0].start if cover.gaps else span.end
    return gap, cover.thin[0].start if cover.thin else span.end


def _carried(found: dict[int, Load], people: dict[int, User]) -> tuple[Carried, ...]:
    most = max((load.total for load in found.values()), default=NOTHING)
    rows = [
        Carried(people[key], load, _percent(load.primary, most), _percent(load.secondary, most))
        for key, load in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.load.total, -row.load.pages, str(row.person))))


def _percent(part: timedelta, whole: timedelta) -> str:
    return f"{100 * (part / whole):.2f}" if whole else "0"


def _standing(schedule_ids: Collection[int]) -> set[int]:
    """Who takes turns in these schedules as they are now, but for shadows: also those who had no hour yet."""
    slots = Slot.objects.filter(
        layer__schedule__in=schedule_ids,
        layer__replaced_at=None,
        user__in=User.objects.responders(),
    ).exclude(layer__role=LayerRole.SHADOW)
    return set(slots.values_list("user_id", flat=True))


def _holidays(schedule_ids: Collection[int], span: Interval) -> defaultdict[int, set[date]]:
    """The public holidays by which each schedule's layers go in that time."""
    layers = Layer.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=span.start), schedule__in=schedule_ids, starts_at__lt=span.end
    )
    days: defaultdict[int, set[date]] = defaultdict(set)
    for schedule, code in layers.exclude(skip_holidays="").values_list("schedule_id", "skip_holidays"):
        # A calendar that another version of the library has dropped has no days any more.
        with suppress(skipping.UnknownCalendar):
            days[schedule].update(skipping.holiday_dates(code))
    return days


def _pages(people: Collection[int], span: Interval, schedule_ids: Collection[int] | None) -> list[Page]:
    """A page for each person and step of which a message was sent, by when the first one was."""
    rows = Delivery.objects.filter(
        kind=DeliveryKind.PAGE,
        user__in=people,
        sent_at__gte=span.start - LONGEST_PAGE,
        sent_at__lt=span.end,
    ).values_list("user_id", "group", "sent_at", "reason__targets")
    first: dict[str, Page] = {}
    for user, group, sent_at, targets in rows.order_by("sent_at", "id"):
        if user and sent_at and (schedule_ids is None or _names(targets, schedule_ids)):
            first.setdefault(group, Page(user, sent_at))
    return [page for page in first.values() if page.at >= span.start]


def _names(targets: Any, schedule_ids: Collection[int]) -> bool:
    """Whether a page's reason names one of these schedules as what was paged."""
    return any(
        each.get("kind") in SCHEDULES and each.get("id") in schedule_ids
        for each in targets or ()
        if isinstance(each, dict)
    )
