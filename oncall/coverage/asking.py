"""The answers: for spans, for a moment, and what is missing."""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from lib.intervals import Interval, instant, subtract, union
from oncall.coverage.absences import carried_out
from oncall.coverage.laying import Cursor, highest_at, laid_over, present_at, united
from oncall.coverage.standing import Standing, changed, settled
from oncall.coverage.values import BY_CREATION, Handoff, OnCall, Override, Schedule
from oncall.rotation import AnyLayer, Piece, Role, Segment, people_at

_FIRST_LOOK = timedelta(days=2)


def final(schedule: Schedule, span: Interval) -> list[Segment]:
    """Who is on call during the span: ordered, disjoint, with somebody in each; what is missing is a gap.

    Segments that touch and are equal in all else are one, so the answer for two spans in a row is the answer for
    both together.
    """
    schedule = carried_out(schedule)
    primary, secondary, shadow = _by_role(schedule)
    overrides = [each for each in schedule.overrides if each.start < span.end and span.start < each.end]
    laid = laid_over(primary, schedule.away, span)
    if not (secondary or shadow or overrides):
        return merge(Segment(*each) for each in laid)
    tracks = (laid, laid_over(secondary, schedule.away, span), united(shadow, schedule.away, span))
    return merge(_combined(tracks, overrides, span))


def on_call_at(schedule: Schedule, at: datetime) -> OnCall | None:
    """Who is on call at that moment; None in a gap. Costs the same however old the schedule is."""
    at, schedule = instant(at), carried_out(schedule)
    primary, secondary, shadow = _by_role(schedule)
    below = Standing(
        *highest_at(reversed(primary), schedule.away, at),
        *highest_at(reversed(secondary), schedule.away, at),
        tuple(person for layer in reversed(shadow) for person in people_at(layer, at)),
    )
    below = below._replace(shadow=tuple(dict.fromkeys(present_at(below.shadow, schedule.away, at))))
    found = settled(changed(below, (each for each in schedule.overrides if each.start <= at < each.end)))
    return OnCall(found.people, found.source, found.secondary, found.shadow) if found.people else None


def gaps(schedule: Schedule, span: Interval) -> list[Interval]:
    """When nobody is on call; a shadow alone is nobody."""
    return subtract([span], [Interval(each.start, each.end) for each in final(schedule, span)])


def thin(schedule: Schedule, span: Interval) -> list[Interval]:
    """When a schedule that wants a secondary has somebody on call, and no secondary. Gaps are not thin."""
    if not schedule.wants_secondary:
        return []
    return union(Interval(each.start, each.end) for each in final(schedule, span) if not each.secondary)


def next_handoff(schedule: Schedule, at: datetime, horizon: timedelta) -> Handoff | None:
    """The first change of primaries or secondaries after `at` and before `at + horizon`; None when there is none.

    A change of source alone, from a layer to an override with the same person, is not one; nor is one of shadows.
    """
    reach = min(_FIRST_LOOK, horizon)
    while reach > timedelta(0):
        span = Interval(at, at + reach)
        found = _first_change(schedule, span)
        if found or reach >= horizon:
            return found
        reach = min(reach * 4, horizon)
    return None


def merge(segments: Iterable[Segment]) -> list[Segment]:
    """Ordered disjoint segments, with those that touch and say the same made one."""
    merged: list[Segment] = []
    for each in segments:
        if merged and merged[-1].end == each.start and _said(merged[-1]) == _said(each):
            merged[-1] = Segment(merged[-1].start, each.end, *_said(each))
        else:
            merged.append(each)
    return merged


_said = attrgetter("people", "source", "secondary", "shadow")


def _by_role(schedule: Schedule) -> tuple[Sequence[AnyLayer], Sequence[AnyLayer], Sequence[AnyLayer]]:
    layers = schedule.layers
    primary = [each for each in layers if each.role == Role.PRIMARY]
    if len(primary) == len(layers):
        return primary, (), ()
    return (
        primary,
        [each for each in layers if each.role == Role.SECONDARY],
        [each for each in layers if each.role == Role.SHADOW],
    )


def _first_change(schedule: Schedule, span: Interval) -> Handoff | None:
    timeline = list(_with_gaps(final(schedule, span), span))
    for before, after in pairwise(timeline):
        if (before.people, before.secondary) != (after.people, after.secondary):
            return Handoff(after.start, before.people + before.secondary, after.people + after.secondary)
    return None


def _with_gaps(segments: Iterable[Segment], span: Interval) -> Iterator[Segment]:
    cursor = span.start
    for each in segments:
        if cursor < each.start:
            yield Segment(cursor, each.start, (), "")
        yield each
        cursor = each.end
    if cursor < span.end:
        yield Segment(cursor, span.end, (), "")


def _combined(
    tracks: Sequence[Sequence[Piece]], overrides: Sequence[Override], span: Interval
) -> Iterator[Segment]:
    """The roles' tracks with overrides applied; all are cut at every edge of one of them."""
    edges = {max(each.start, span.start) for each in overrides}
    edges.update(min(each.end, span.end) for each in overrides)
    edges.update(edge for track in tracks for piece in track for edge in piece[:2])
    waiting = sorted(overrides, key=attrgetter("start"), reverse=True)
    active: list[Override] = []
    primary, secondary, shadow = (Cursor(track) for track in tracks)
    for start, end in pairwise(sorted(edges)):
        active = [each for each in active if each.end > start]
        while waiting and waiting[-1].start <= start:
            insort(active, waiting.pop(), key=BY_CREATION)
        below = Standing(*primary.at(start), *secondary.at(start), shadow.at(start)[0])
        found = settled(changed(below, active))
        if found.people:
            yield Segment(start, end, found.people, found.source, found.secondary, found.shadow)
