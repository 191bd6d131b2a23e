"""Schedules as they are drawn: lanes with the names of people, and a table that says the same in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, rotation, timeline
from oncall.bridge import schedule_of
from oncall.models import Override, Schedule
from oncall.queries import Duty, people_of
from oncall.rotation import Segment

NARROW = 7.0
"""Share of the width, in percent, below which no name fits."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Somebody's stretch of a lane, or a gap where nobody stands. `cause` says which layer or override."""

    start: datetime
    end: datetime
    place: timeline.Place
    people: tuple[User, ...] = ()
    cause: str = ""
    is_over: bool = False

    @property
    def names(self) -> str:
        return ", ".join(str(person) for person in self.people) or _("Nobody")

    @property
    def is_narrow(self) -> bool:
        return float(self.place.width) < NARROW

    @property
    def label(self) -> str:
        """What is written on the bar: names, or initials where it is narrow."""
        if not self.is_narrow:
            return self.names
        return " ".join("".join(word[0] for word in str(each).split()[:2]) for each in self.people)

    @property
    def query(self) -> str:
        """The stretch as the page for a new override takes it."""
        return f"from={self.start:%Y-%m-%dT%H:%MZ}&until={self.end:%Y-%m-%dT%H:%MZ}"


@dataclass(frozen=True, slots=True)
class Lane:
    """One row. `gaps` only where they matter: in the row of who is on call."""

    label: str
    bars: tuple[Bar, ...]
    gaps: tuple[Bar, ...] = ()
    kind: str = "layer"
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A timeline: its days, where now is, if in it, and its lanes, the final one first."""

    span: Interval
    zone: ZoneInfo
    days: tuple[timeline.Day, ...]
    now_x: str | None
    lanes: tuple[Lane, ...]

    @property
    def table(self) -> list[Bar]:
        """The first lane with its gaps, in order of time."""
        lane = self.lanes[0]
        return sorted((*lane.bars, *lane.gaps), key=lambda bar: bar.start)


def picture_of(schedule: Schedule, span: Interval, zone: ZoneInfo, now: datetime) -> Picture:
    """The final schedule, its overrides and its layers, the highest first."""
    layers = list(schedule.layers.order_by("-position", "-id"))
    overrides = list(schedule.overrides.touching(span.start, span.end).select_related("user"))
    value = schedule_of(schedule, span)
    names = {layer.pk: layer_name(layer.name, layer.position) for layer in layers}
    return _draw(value, span, zone, now, names, _override_lane(overrides, span, now))


def preview_of(
    layers: Sequence[rotation.Layer],
    names: Mapping[int, str],
    schedule: Schedule | None,
    span: Interval,
    zone: ZoneInfo,
    now: datetime,
) -> Picture:
    """What layers that are not stored yet would make, below the overrides that `schedule` has."""
    overrides = schedule_of(schedule, span).overrides if schedule else ()
    return _draw(coverage.Schedule(tuple(layers), overrides), span, zone, now, names, ())


def overview_of(duties: Iterable[Duty], span: Interval, zone: ZoneInfo, now: datetime) -> Picture:
    """A lane for each schedule's final row."""
    listed = list(duties)
    people = people_of(segment for duty in listed for segment in duty.segments)
    lanes = tuple(
        _final_lane(str(each.schedule), each.segments, people, span, now, each.schedule) for each in listed
    )
    return _picture(span, zone, now, lanes)


def layer_name(name: str, position: int) -> str:
    """What a layer is called; one without a name by its place, counted from 1."""
    return name or _("Layer %(number)s") % {"number": position + 1}


def _draw(
    value: coverage.Schedule,
    span: Interval,
    zone: ZoneInfo,
    now: datetime,
    names: Mapping[int, str],
    overrides: tuple[Lane, ...],
) -> Picture:
    final = coverage.final(value, span)
    rows = [(layer, rotation.turns(layer, span)) for layer in reversed(value.layers)]
    people = people_of([*final, *(segment for _layer, turns in rows for segment in turns)])
    lanes = (
        _final_lane(_("On call"), final, people, span, now, None, names),
        *overrides,
        *(Lane(names[layer.id], _bars(turns, people, span, now, names)) for layer, turns in rows),
    )
    return _picture(span, zone, now, lanes)


def _picture(span: Interval, zone: ZoneInfo, now: datetime, lanes: tuple[Lane, ...]) -> Picture:
    now_x = timeline.at(span, now) if span.contains(now) else None
    return Picture(span, zone, tuple(timeline.days(span, zone)), now_x, lanes)


def _final_lane(
    label: str,
    segments: Sequence[Segment],
    people: Mapping[int, User],
    span: Interval,
    now: datetime,
    schedule: Schedule | None = None,
    names: Mapping[int, str] | None = None,
) -> Lane:
    shown = list(timeline.cut(segments, span))
    gaps = tuple(
        Bar(each.start, each.end, timeline.place(span, each.start, each.end))
        for each in timeline.uncovered(shown, span, now)
    )
    return Lane(label, _bars(shown, people, span, now, names or {}), gaps, "final", schedule)


def _bars(
    segments: Iterable[Segment],
    people: Mapping[int, User],
    span: Interval,
    now: datetime,
    names: Mapping[int, str],
) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            each.start,
            each.end,
            timeline.place(span, each.start, each.end),
            tuple(people[person] for person in each.people),
            _cause(each.source, names),
            each.end <= now,
        )
        for each in segments
    )


def _cause(source: str, names: Mapping[int, str]) -> str:
    kind, _colon, number = source.partition(":")
    return _("Override") if kind == "override" else names.get(int(number), "")


def _override_lane(overrides: Sequence[Override], span: Interval, now: datetime) -> tuple[Lane, ...]:
    if not overrides:
        return ()
    bars = tuple(
        Bar(
            max(each.starts_at, span.start),
            min(each.ends_at, span.end),
            timeline.place(span, each.starts_at, each.ends_at),
            (each.user,),
            each.reason,
            each.ends_at <= now,
        )
        for each in overrides
    )
    return (Lane(_("Overrides"), bars, (), "override"),)
