"""When one person is on call in a final schedule, by role. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lib.intervals import Interval, subtract, union
from oncall.rotation import Role, Segment


@dataclass(frozen=True, slots=True)
class Stretch:
    """On call in one role, without a break; shadows are not on call."""

    role: Role
    start: datetime
    end: datetime


def stretches(segments: Iterable[Segment], person: int) -> list[Stretch]:
    """The person's time in ordered segments, by start; what touches in the same role is one."""
    found: list[Stretch] = []
    for each in segments:
        role = _role(each, person)
        if role is None:
            continue
        last = found[-1] if found else None
        if last and last.role == role and last.end == each.start:
            found[-1] = Stretch(role, last.start, each.end)
        else:
            found.append(Stretch(role, each.start, each.end))
    return found


def within(held: Iterable[Stretch], start: datetime, end: datetime) -> Iterator[Stretch]:
    """What of it lies in [start, end), cut to that."""
    for each in held:
        if each.start < end and start < each.end:
            yield Stretch(each.role, max(each.start, start), min(each.end, end))


def holds_all(held: Iterable[Stretch], start: datetime, end: datetime) -> bool:
    """Whether the person is on call at every moment of [start, end), in whatever role."""
    on_call = union(Interval(each.start, each.end) for each in held)
    return start < end and not subtract([Interval(start, end)], on_call)


def _role(segment: Segment, person: int) -> Role | None:
    if person in segment.people:
        return Role.PRIMARY
    return Role.SECONDARY if person in segment.secondary else None
