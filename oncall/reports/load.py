"""How much being on call is for each person, and how evenly it is shared. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.reports.pieces import Piece, night_hour
from oncall.rotation import Role

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Page:
    """One page that reached a person, by whatever number of methods; `at` is when the first was sent."""

    person: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """What one person had. Times are elapsed; being on call in two schedules at once counts in both.

    `woken` are pages that came in the person's own night, `woken_hours` the distinct hours of those nights.
    """

    primary: timedelta = _NOTHING
    secondary: timedelta = _NOTHING
    night: timedelta = _NOTHING
    weekend: timedelta = _NOTHING
    holiday: timedelta = _NOTHING
    pages: int = 0
    woken: int = 0
    woken_hours: int = 0

    @property
    def total(self) -> timedelta:
        """Primary and secondary together."""
        return self.primary + self.secondary


@dataclass(frozen=True, slots=True)
class Fairness:
    """How evenly hours are shared: Jain's index, and who carries the most, `times` the average."""

    index: float
    person: int
    times: float


def loads(pieces: Iterable[Piece], pages: Iterable[Page], zones: Mapping[int, ZoneInfo]) -> dict[int, Load]:
    """The load of everybody in `zones`, who are all that pieces and pages may name."""
    worked: defaultdict[int, list[Piece]] = defaultdict(list)
    paged: defaultdict[int, list[datetime]] = defaultdict(list)
    for piece in pieces:
        worked[piece.person].append(piece)
    for page in pages:
        paged[page.person].append(page.at)
    return {person: _load(worked[person], paged[person], zone) for person, zone in zones.items()}


def fairness(found: Mapping[int, Load]) -> Fairness | None:
    """How evenly the hours of these people are shared; None for fewer than two, or when there are none."""
    hours = {person: load.total.total_seconds() / 3600 for person, load in found.items()}
    if len(hours) < 2 or not any(hours.values()):
        return None
    most = max(hours, key=lambda person: hours[person])
    return Fairness(jain(hours.values()), most, hours[most] * len(hours) / sum(hours.values()))


def jain(values: Collection[float]) -> float:
    """Jain's fairness index, sum² / (n · sum of squares): 1.0 when all have the same, 1/n when one has all.

    R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination for Resource Allocation in
    Shared Computer Systems, DEC Research Report TR-301, 1984. Raises ValueError when no value is above zero.
    """
    squares = sum(value * value for value in values)
    if not squares:
        raise ValueError("there is nothing to share")
    return float(sum(values) ** 2 / (len(values) * squares))


def _load(worked: list[Piece], paged: list[datetime], zone: ZoneInfo) -> Load:
    hours = [hour for at in paged if (hour := night_hour(at, zone))]
    return Load(
        primary=sum((each.length for each in worked if each.role == Role.PRIMARY), _NOTHING),
        secondary=sum((each.length for each in worked if each.role == Role.SECONDARY), _NOTHING),
        night=sum((each.night for each in worked), _NOTHING),
        weekend=sum((each.weekend for each in worked), _NOTHING),
        holiday=sum((each.holiday for each in worked), _NOTHING),
        pages=len(paged),
        woken=len(hours),
        woken_hours=len(set(hours)),
    )
