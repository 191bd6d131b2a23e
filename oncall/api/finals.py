"""Final schedules and differences between them, as answers: people instead of numbers, and where a shift is from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage, differences
from oncall.actions.schedules import Rehearsal
from oncall.bridge import schedule_of
from oncall.models import CalendarFeed, Layer, Override, Schedule
from oncall.queries import people_of
from oncall.rotation import Segment

Names = Mapping[tuple[str, int], str]


def final_of(schedule: Schedule, span: Interval) -> dict[str, Any]:
    """Who is on call in the span, gaps and thin cover; a fixed number of queries."""
    value = schedule_of(schedule, span)
    segments = coverage.final(value, span)
    people, names = people_of(segments), _names(segments)
    return {
        "since": span.start,
        "until": span.end,
        "segments": [_segment(each, people, names) for each in segments],
        "gaps": differences.uncovered(segments, span),
        "thin": coverage.thin(value, span),
    }


def preview_of(schedule: Schedule, after: Rehearsal, span: Interval) -> dict[str, Any]:
    """What changes for whom in the span when the schedule becomes what was rehearsed."""
    was, becomes = coverage.final(schedule_of(schedule, span), span), coverage.final(after.value, span)
    people = people_of([*was, *becomes])
    return {
        "since": span.start,
        "until": span.end,
        "is_change": after.is_change,
        "changes": _changes(was, becomes, span, people),
        "balances": [
            {"person": people[each.person], "before": each.before, "after": each.after}
            for each in differences.balances(was, becomes)
        ],
        "new_gaps": differences.new_gaps(was, becomes, span),
        "closed_gaps": differences.new_gaps(becomes, was, span),
    }


def _changes(
    was: list[Segment], becomes: list[Segment], span: Interval, people: Mapping[int, User]
) -> list[dict[str, Any]]:
    """Those of primaries and of secondaries, by start."""
    second = differences.secondary
    found = [
        *(("primary", each) for each in differences.changes(was, becomes, span)),
        *(("secondary", each) for each in differences.changes(second(was), second(becomes), span)),
    ]
    return [
        {
            "start": each.start,
            "end": each.end,
            "role": role,
            "old": [people[number] for number in each.old],
            "new": [people[number] for number in each.new],
        }
        for role, each in sorted(found, key=lambda pair: (pair[1].start, pair[0]))
    ]


def _segment(segment: Segment, people: Mapping[int, User], names: Names) -> dict[str, Any]:
    kind, number = _source(segment)
    return {
        "start": segment.start,
        "end": segment.end,
        "people": [people[each] for each in segment.people],
        "secondary": [people[each] for each in segment.secondary],
        "shadow": [people[each] for each in segment.shadow],
        "source": {"kind": kind, "id": number, "name": names.get((kind, number), "")},
    }


def _names(segments: Iterable[Segment]) -> dict[tuple[str, int], str]:
    """What the sources are called, in a query for each kind."""
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for segment in segments:
        kind, number = _source(segment)
        numbers[kind].add(number)
    rows = {
        "layer": Layer.objects.filter(pk__in=numbers["layer"]).values_list("pk", "name"),
        "feed": CalendarFeed.objects.filter(pk__in=numbers["feed"]).values_list("pk", "name"),
        "override": Override.objects.filter(pk__in=numbers["override"]).values_list("pk", "reason"),
    }
    return {(kind, number): name for kind, found in rows.items() for number, name in found}


def _source(segment: Segment) -> tuple[str, int]:
    kind, _colon, number = segment.source.partition(":")
    return kind, int(number)
