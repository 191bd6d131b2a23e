"""Who has daylight when: people of far zones in groups, and the hours of a day shared out between those. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import load_zone, to_instant, to_wall
from oncall.drafts import Refused

MOST_GROUPS = 3
_DAY = 24 * 60
_STEP = 30
_APART = 210
"""Minutes between two zones from which on they are not one group by themselves."""
_BEGINS = time(9)
_LEEWAY = 4 * 60
"""By how many minutes a group's hours may be longer than its even share, before the next group begins earlier."""

Crew = tuple[User, ...]


@dataclass(frozen=True, slots=True)
class Shifted:
    """A group with its hours: from `start`, wall time of the schedule's zone, for `length` on the wall clock."""

    people: Crew
    name: str
    start: time
    length: timedelta


def groups_by_zone(people: Sequence[User], chosen: Mapping[int, int], at: datetime) -> list[Crew]:
    """The people in two or three groups: as `chosen` (group by person's id), else by their own zones at `at` (naive,
    near enough). Raises Refused with the field "people"."""
    groups = _chosen(people, chosen) if chosen else _found(people, at)
    if not 2 <= len(groups) <= MOST_GROUPS:
        message = _(
            "By their own time zones these people are one group. Choose people who are further apart, or put each "
            "into a group by hand."
        )
        raise Refused("people", message)
    return groups


def windows_of(groups: Sequence[Crew], zone: str, at: datetime) -> list[Shifted]:
    """Each group with its hours, which share out the whole day: from 09:00 on its own clock until the next begins. A
    group that would have too many hours is relieved earlier."""
    placed = sorted(((_begin(group, zone, at), group) for group in groups), key=lambda each: each[0])
    begins = _relieved([begin for begin, _group in placed])
    ends = (*begins[1:], begins[0] + _DAY)
    return [
        Shifted(group, _name(group), _of_day(begin), timedelta(minutes=end - begin))
        for (_begin_, group), begin, end in zip(placed, begins, ends, strict=True)
    ]


def _chosen(people: Sequence[User], chosen: Mapping[int, int]) -> list[Crew]:
    number = {person.pk: chosen.get(person.pk, 1) for person in people}
    ordered = sorted(people, key=lambda person: number[person.pk])
    return [tuple(group) for _number, group in groupby(ordered, key=lambda person: number[person.pk])]


def _found(people: Sequence[User], at: datetime) -> list[Crew]:
    """Cut the circle of zones where it is emptiest."""
    offsets = sorted({_offset(person.time_zone, at) for person in people})
    following = [*offsets[1:], offsets[0] + _DAY]
    voids = [(after - before, before) for before, after in zip(offsets, following, strict=True)]
    wide = sorted((void for void in voids if void[0] >= _APART), reverse=True)[:MOST_GROUPS]
    last_of_group = sorted(before for _void, before in wide)
    groups: dict[int, list[User]] = {}
    for person in people:
        offset = _offset(person.time_zone, at)
        number = sum(before < offset for before in last_of_group) % max(len(last_of_group), 1)
        groups.setdefault(number, []).append(person)
    return [tuple(group) for group in groups.values()]


def _offset(zone: str, at: datetime) -> int:
    """Minutes ahead of UTC."""
    offset = at.replace(tzinfo=load_zone(zone)).utcoffset() or timedelta(0)
    return int(offset.total_seconds()) // 60


def _zone(group: Crew) -> str:
    """The zone of most of them; of the first, where there are as many of another."""
    return Counter(person.time_zone for person in group).most_common(1)[0][0]


def _begin(group: Crew, zone: str, at: datetime) -> int:
    """When it is nine for the group, in minutes of the schedule's day."""
    nine = to_instant(datetime.combine(at.date(), _BEGINS), load_zone(_zone(group)))
    wall = to_wall(nine, load_zone(zone))
    return wall.hour * 60 + wall.minute


def _relieved(begins: Sequence[int]) -> list[int]:
    """The beginnings, spread where two are one, and moved so that no group has much more than its share."""
    count = len(begins)
    share = _DAY // count
    if len(set(begins)) < count:
        return sorted((begins[0] + place * share) % _DAY for place in range(count))
    moved = list(begins)
    for place in (*range(count), 0):
        after = (place + 1) % count
        length = (moved[after] - moved[place]) % _DAY
        excess = max(0, length - share - _LEEWAY)
        moved[after] -= -(-excess // _STEP) * _STEP
    return [begin - _DAY * (moved[0] // _DAY) for begin in moved]


def _name(group: Crew) -> str:
    cities = dict.fromkeys(person.time_zone.rpartition("/")[2].replace("_", " ") for person in group)
    return ", ".join(cities)[:80]


def _of_day(minutes: int) -> time:
    hour, minute = divmod(minutes % _DAY, 60)
    return time(hour, minute)
