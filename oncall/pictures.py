"""Schedules as they are drawn: who is on call, overrides and layers below each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval, union
from oncall import coverage, timeline
from oncall.differences import Change, secondary
from oncall.lanes import Bar, Frame, Lane, frame_of, standing_in, widened
from oncall.layer_rows import Row, rows_of
from oncall.models import Override, OverrideKind, Schedule
from oncall.queries import Duty, people_of
from oncall.rotation import Segment


@dataclass(frozen=True, slots=True)
class Picture:
    """A timeline: its days, where now is, if in it, and its lanes, the final one first."""

    span: Interval
    zone: ZoneInfo
    days: tuple[timeline.Day, ...]
    now_x: str | None
    lanes: tuple[Lane, ...]

    @property
    def axis(self) -> list[timeline.Day]:
        """The days that are named."""
        return timeline.named(self.days)

    @property
    def is_by_day(self) -> bool:
        return len(self.axis) == len(self.days)

    @property
    def kinds(self) -> set[str]:
        """What is drawn beside shifts, for the legend: "gap", "thin", "away", "mixed", "shadow"."""
        bars = [bar for lane in self.lanes for bar in (*lane.bars, *lane.gaps)]
        kinds = {bar.kind for bar in bars} | {lane.kind for lane in self.lanes}
        return kinds | {"mixed" for bar in bars if bar.is_mixed}


@dataclass(frozen=True, slots=True)
class Board:
    """A schedule drawn, with the final schedule of the span and its margins, and everybody who stands in it."""

    picture: Picture
    final: tuple[Segment, ...]
    people: Mapping[int, User]


def board_of(
    schedule: Schedule,
    value: coverage.Schedule,
    final: Sequence[Segment],
    span: Interval,
    zone: ZoneInfo,
    now: datetime,
    beside: Iterable[Segment] = (),
) -> Board:
    """The final schedule, its overrides and its layers, the highest first. `value` was loaded for `widened(span)` at
    least, `final` is of that time. The people are also those of the segments `beside`. Four queries at most."""
    rows = [(row, row.turns(widened(span))) for row in rows_of(schedule, value.layers)]
    overrides = list(schedule.overrides.touching(span.start, span.end).select_related("user", "replaces"))
    people = people_of([*final, *beside, *(turn for _row, turns in rows for turn in turns)])
    frame = frame_of(span, zone, now, people)
    causes = _causes((row for row, _turns in rows), overrides)
    lanes = (
        *_final_lanes(frame, final, causes, wants_secondary=value.wants_secondary),
        *_override_lanes(frame, overrides),
        *(
            Lane(row.label, standing_in(frame.bars(turns)), (), row.kind, note=row.note)
            for row, turns in rows
        ),
    )
    return Board(_picture(frame, lanes), tuple(final), people)


def overview_of(duties: Iterable[Duty], span: Interval, zone: ZoneInfo, now: datetime) -> Picture:
    """A lane for each schedule's final row; one query."""
    listed = list(duties)
    frame = frame_of(span, zone, now, people_of(segment for duty in listed for segment in duty.segments))
    return _picture(frame, (_overview_lane(frame, each) for each in listed))


def before_and_after(
    before: Sequence[Segment],
    after: Sequence[Segment],
    changed: Iterable[Change],
    frame: Frame,
) -> Picture:
    """Who is on call now and who would be, with what changes marked."""
    marks = tuple(timeline.place(frame.span, each.start, each.end, 0.004) for each in changed)
    return _picture(
        frame,
        (
            replace(_primary_lane(frame, before, {}), label=_("Now")),
            replace(_primary_lane(frame, after, {}), label=_("After"), marks=marks),
        ),
    )


def _picture(frame: Frame, lanes: Iterable[Lane]) -> Picture:
    now_x = timeline.at(frame.span, frame.now) if frame.span.contains(frame.now) else None
    return Picture(frame.span, frame.clock.zone, frame.days, now_x, tuple(lanes))


def _final_lanes(
    frame: Frame, final: Sequence[Segment], causes: Mapping[str, str], wants_secondary: bool
) -> Iterator[Lane]:
    yield _primary_lane(frame, final, causes)
    seconds = coverage.merge(replace(each, source="") for each in secondary(final))
    if not seconds and not wants_secondary:
        return
    alone = _alone(frame, final) if wants_secondary else []
    bars = standing_in(frame.bars(seconds))
    yield Lane(_("Secondary"), bars, frame.missing(alone, "thin"), "second")


def _primary_lane(frame: Frame, final: Sequence[Segment], causes: Mapping[str, str]) -> Lane:
    plain = coverage.merge(replace(each, secondary=(), shadow=()) for each in final)
    gaps = timeline.uncovered(plain, frame.span, frame.now)
    return Lane(_("On call"), frame.bars(plain, causes), frame.missing(gaps, "gap"), "final")


def _overview_lane(frame: Frame, duty: Duty) -> Lane:
    lane = _primary_lane(frame, duty.segments, {})
    return replace(lane, label=str(duty.schedule), schedule=duty.schedule)


def _alone(frame: Frame, final: Iterable[Segment]) -> list[Interval]:
    """From now on: when somebody is on call and has no secondary."""
    if frame.now >= frame.span.end:
        return []
    ahead = Interval(max(frame.now, frame.span.start), frame.span.end)
    return union(Interval(each.start, each.end) for each in timeline.cut(final, ahead) if not each.secondary)


def _causes(rows: Iterable[Row], overrides: Iterable[Override]) -> dict[str, str]:
    """What a segment's source is called."""
    found = {source: row.label for row in rows for source in row.sources}
    return found | {f"override:{each.pk}": _override_words(each) for each in overrides}


def _override_words(override: Override) -> str:
    return _("Override: %(why)s") % {"why": override.reason} if override.reason else _("Override")


def _override_lanes(frame: Frame, overrides: Iterable[Override]) -> Iterator[Lane]:
    """As many rows as there are overrides at the same time."""
    tracks: list[list[Bar]] = []
    for each in overrides:
        bar = _override_bar(frame, each)
        track = next((track for track in tracks if track[-1].end <= bar.start), None)
        if track is None:
            tracks.append([bar])
        else:
            track.append(bar)
    for track in tracks:
        yield Lane(_("Overrides"), tuple(track), (), "override")


def _override_bar(frame: Frame, override: Override) -> Bar:
    kind = OverrideKind(override.kind)
    cause = _("for %(name)s") % {"name": override.replaces} if override.replaces else str(kind.label)
    return Bar(
        override.starts_at,
        override.ends_at,
        timeline.place(frame.span, override.starts_at, override.ends_at),
        frame.clock,
        (override.user,),
        f"{cause}: {override.reason}" if override.reason else cause,
        override.ends_at <= frame.now,
        kind="away" if kind == OverrideKind.REMOVE else "shift",
        anchor=f"override-{override.pk}",
    )
