"""When a step of a policy applies: by what is wrong, and by the hour. Pure; `now` and holidays are given.

An incident whose severity nobody has set yet has severity 0. Hours are those of a named zone, or of each responder's
own; a step outside its hours is passed over, or waits until they begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lib.intervals import UnknownZone, load_zone, to_instant, to_wall
from oncall.rotation import InvalidLayer, Restriction
from oncall.skipping import UnknownCalendar, check_code, holiday_dates

UNDECLARED = 0
SEVERITIES, TIERS, URGENCIES = frozenset(range(5)), frozenset(range(1, 5)), frozenset({"high", "low"})
_LOOK_AHEAD = 60
"""Days in which hours must begin; later ones never come, and the step is passed over."""
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class InvalidCondition(ValueError):
    """A condition that cannot be followed. `field` is what to correct, `message` says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class OnHolidays(StrEnum):
    """What a holiday means for a step's hours."""

    ANY = "any"
    NEVER = "never"  # holidays are outside of its hours
    ONLY = "only"  # all other days are


class Otherwise(StrEnum):
    """What becomes of a step outside its hours."""

    SKIP = "skip"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is wrong, as far as it is known. `severity` 1 to 4, or 0 (UNDECLARED); `owner` is the id of the team that
    owns the service."""

    severity: int = UNDECLARED
    tier: int = 3
    urgency: str = "high"
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """Empty sets mean any. `zone` is empty for the hours of the responder's own zone. Raises InvalidCondition."""

    severities: frozenset[int] = frozenset()
    tiers: frozenset[int] = frozenset()
    urgencies: frozenset[str] = frozenset()
    windows: tuple[Restriction, ...] = ()
    zone: str = ""
    holidays: str = ""
    on_holidays: OnHolidays = OnHolidays.ANY
    otherwise: Otherwise = Otherwise.SKIP

    def __post_init__(self) -> None:
        for field, values, known in (
            ("severities", self.severities, SEVERITIES),
            ("tiers", self.tiers, TIERS),
            ("urgencies", self.urgencies, URGENCIES),
        ):
            if set(values) - known:
                raise InvalidCondition(field, f"Choose from {', '.join(map(str, sorted(known, key=str)))}.")
        try:
            object.__setattr__(self, "on_holidays", OnHolidays(self.on_holidays))
            object.__setattr__(self, "otherwise", Otherwise(self.otherwise))
        except ValueError as error:
            raise InvalidCondition("otherwise", "Outside its hours a step is skipped, or waits.") from error
        self._check_zone_and_holidays()

    def _check_zone_and_holidays(self) -> None:
        try:
            if self.zone:
                load_zone(self.zone)
        except UnknownZone as error:
            raise InvalidCondition("zone", f"{self.zone} is not a time zone.") from error
        if (self.on_holidays == OnHolidays.ANY) != (not self.holidays):
            raise InvalidCondition("holidays", "Choose a country's holidays and what they mean, or neither.")
        if self.holidays:
            try:
                check_code(self.holidays)
            except ValueError as error:
                raise InvalidCondition(
                    "holidays", f"{self.holidays} is not a calendar of holidays."
                ) from error

    @property
    def has_hours(self) -> bool:
        """Whether the hour or the day matters."""
        return bool(self.windows) or self.on_holidays != OnHolidays.ANY

    @property
    def is_anything(self) -> bool:
        """Whether it holds always."""
        return self == Condition()


ALWAYS = Condition()
UNKNOWN = Facts()


def is_open(condition: Condition, at: datetime, own_zone: str) -> bool:
    """Whether the moment is in the step's hours, for a responder of `own_zone`."""
    if not condition.has_hours:
        return True
    wall = to_wall(at, load_zone(condition.zone or own_zone))
    # A window may have begun up to seven days before.
    return any(
        opens <= at < closes
        for back in range(_days_back(condition) + 1)
        for opens, closes in _openings(condition, wall.date() - timedelta(days=back), own_zone)
    )


def next_opening(condition: Condition, at: datetime, own_zone: str) -> datetime | None:
    """When the step's hours begin next, at or after the moment; None when not within sixty days."""
    if is_open(condition, at, own_zone):
        return at
    day = to_wall(at, load_zone(condition.zone or own_zone)).date()
    for ahead in range(_LOOK_AHEAD):
        opens = [o for o, c in _openings(condition, day + timedelta(days=ahead), own_zone) if o >= at]
        if opens:
            return min(opens)
    return None


def _days_back(condition: Condition) -> int:
    longest = max((window.duration for window in condition.windows), default=timedelta(0))
    return longest.days + 1


def _openings(condition: Condition, day: date, own_zone: str) -> list[tuple[datetime, datetime]]:
    """The hours that begin on that local day; without windows the whole day."""
    if not _day_counts(condition, day):
        return []
    zone = load_zone(condition.zone or own_zone)
    windows = condition.windows or (Restriction(time(0), timedelta(days=1)),)
    starts = [
        (datetime.combine(day, window.start), window.duration)
        for window in windows
        if window.weekday in (None, day.weekday())
    ]
    return [(to_instant(start, zone), to_instant(start + length, zone)) for start, length in starts]


def _day_counts(condition: Condition, day: date) -> bool:
    if condition.on_holidays == OnHolidays.ANY:
        return True
    return (day in _holidays(condition.holidays)) == (condition.on_holidays == OnHolidays.ONLY)


@lru_cache(maxsize=64)
def _holidays(code: str) -> frozenset[date]:
    return frozenset(holiday_dates(code))


def misfit(condition: Condition, facts: Facts) -> str:
    """Why the step is not for this incident, in the words of a timeline; empty when it is."""
    severities = ", ".join(
        "not declared" if each == 0 else f"SEV{each}" for each in sorted(condition.severities)
    )
    if condition.severities and facts.severity not in condition.severities:
        return f"only for severity {severities}"
    if condition.tiers and facts.tier not in condition.tiers:
        return f"only for tier {', '.join(str(each) for each in sorted(condition.tiers))}"
    if condition.urgencies and facts.urgency not in condition.urgencies:
        return f"only for {', '.join(sorted(condition.urgencies))} urgency"
    return ""


def hours(condition: Condition) -> str:
    """The step's hours in words: "Mon–Fri 09:00–17:00 Europe/Berlin, not on holidays of DE"."""
    grouped: dict[str, list[int | None]] = {}
    for window in condition.windows:
        end = (datetime.combine(date(2000, 1, 1), window.start) + window.duration).time()
        grouped.setdefault(f"{window.start:%H:%M}–{end:%H:%M}", []).append(window.weekday)
    parts = [f"{_days(days)} {span}".strip() for span, days in grouped.items()]
    words = ", ".join(parts) or "all day"
    if condition.on_holidays != OnHolidays.ANY:
        words += ", " + ("only" if condition.on_holidays == OnHolidays.ONLY else "not") + " on holidays of "
        words += condition.holidays
    return f"{words} {condition.zone or 'in the responder’s zone'}"


def _days(days: list[int | None]) -> str:
    known = sorted(day for day in days if day is not None)
    if len(known) != len(days):
        return ""
    if len(known) > 2 and known == list(range(known[0], known[-1] + 1)):
        return f"{_NAMES[known[0]]}–{_NAMES[known[-1]]}"
    return ", ".join(_NAMES[day] for day in known)


def to_json(condition: Condition) -> dict[str, Any]:
    """Plain values for a JSON column, only what is not the default."""
    stored: dict[str, Any] = {
        "severities": sorted(condition.severities),
        "tiers": sorted(condition.tiers),
        "urgencies": sorted(condition.urgencies),
        "windows": [
            {
                "start": f"{each.start:%H:%M}",
                "minutes": each.duration // timedelta(minutes=1),
                "weekday": each.weekday,
            }
            for each in condition.windows
        ],
        "zone": condition.zone,
        "holidays": condition.holidays,
    }
    stored = {key: value for key, value in stored.items() if value}
    if condition.holidays:
        stored["on_holidays"] = condition.on_holidays.value
    if condition.otherwise != Otherwise.SKIP:
        stored["otherwise"] = condition.otherwise.value
    return stored


def stored(data: Mapping[str, Any]) -> Condition:
    """What `to_json` wrote, to be followed: holidays of a calendar that is not known any more are left out, since a
    step that does not apply by mistake would page nobody. Raises InvalidCondition."""
    try:
        check_code(str(data.get("holidays", "")))
    except UnknownCalendar:
        data = {key: value for key, value in data.items() if key not in ("holidays", "on_holidays")}
    return from_json(data)


def from_json(data: Mapping[str, Any]) -> Condition:
    """What `to_json` wrote; empty is always. Raises InvalidCondition."""
    try:
        return Condition(
            severities=frozenset(data.get("severities", ())),
            tiers=frozenset(data.get("tiers", ())),
            urgencies=frozenset(data.get("urgencies", ())),
            windows=tuple(_window(each) for each in data.get("windows", ())),
            zone=data.get("zone", ""),
            holidays=data.get("holidays", ""),
            on_holidays=OnHolidays(data.get("on_holidays", "any")),
            otherwise=Otherwise(data.get("otherwise", "skip")),
        )
    except (InvalidCondition, InvalidLayer) as error:
        raise InvalidCondition(getattr(error, "field", "windows"), error.message) from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidCondition("condition", f"This is not a condition ({error!r}).") from error


def _window(data: Mapping[str, Any]) -> Restriction:
    return Restriction(
        time.fromisoformat(data["start"]), timedelta(minutes=data["minutes"]), data.get("weekday")
    )
