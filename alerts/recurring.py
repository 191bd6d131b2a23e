"""When a mute holds: once, or again and again as an RFC 5545 RRULE says.

Recurrences are worked out on the wall clock of the mute's zone: what begins at 02:00 begins at 02:00 in winter and in
summer, and what ends at 04:00 ends at 04:00. The first occurrence counts, whether or not the rule names its day. Rules
that repeat more often than every hour, or that may never come true (30 February), are refused; nothing looks further
ahead than ten years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from dateutil.parser import isoparse  # type: ignore[import-untyped] # it has no types
from dateutil.rrule import rrule, rrulestr  # type: ignore[import-untyped] # the same
from django.utils.translation import gettext as _

from lib.intervals import Interval, UnknownZone, load_zone, to_instant, to_wall

LONGEST_TEXT = 300
LONGEST = timedelta(days=366)
HORIZON = {"HOURLY": timedelta(days=62)}
FAR = timedelta(days=3700)
# More is refused: what never comes true would be searched for until the year 9999.
PARTS: Mapping[str, frozenset[str]] = {
    "HOURLY": frozenset(),
    "DAILY": frozenset(("BYDAY", "BYMONTHDAY", "BYMONTH")),
    "WEEKLY": frozenset(("BYDAY", "BYMONTH", "WKST")),
    "MONTHLY": frozenset(("BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS")),
    "YEARLY": frozenset(("BYDAY", "BYMONTHDAY", "BYMONTH")),
}
ALWAYS = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL"))
SHAPES = {
    "BYDAY": re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTHDAY": re.compile(r"-?([1-9]|[12][0-9]|3[01])"),
    "BYMONTH": re.compile(r"[1-9]|1[0-2]"),
    "BYSETPOS": re.compile(r"-?[1-4]"),
    "WKST": re.compile(r"MO|SU"),
}
# Which days of a month there never are.
MONTHS = {"2": 29, "4": 30, "6": 30, "9": 30, "11": 30}
MOST_COUNT, MOST_INTERVAL = 5000, 1000
LOOKED_AT = 60


class BadRecurrence(ValueError):
    """The times make no sense. `field` is the input to correct: "starts_at", "ends_at", "recurrence", "zone" or
    "until"; `message` is for the person who wrote it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class HasTimes(Protocol):
    """What a row of the table says about its times."""

    starts_at: datetime
    ends_at: datetime
    recurrence: str
    zone: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Spec:
    """The first occurrence, half open, in UTC; `recurrence` empty: the only one. `until` is the end of the last."""

    starts_at: datetime
    ends_at: datetime
    recurrence: str = ""
    zone: str = "UTC"
    until: datetime | None = None


def spec_of(row: HasTimes) -> Spec:
    """What a mute's row says."""
    return Spec(row.starts_at, row.ends_at, row.recurrence, row.zone, row.until)


def state_at(spec: Spec, now: datetime) -> tuple[bool, datetime | None]:
    """Whether it holds at that moment, and the instant at which to look again; None: it is over for good."""
    span = next(iter(_spans(spec, now)), None)
    if span is None:
        return False, None
    return (True, span.end) if span.start <= now else (False, span.start)


def next_spans(spec: Spec, after: datetime, count: int) -> list[Interval]:
    """The next occurrences that are not over at that moment, the one that holds then among them."""
    return list(islice(_spans(spec, after), count))


def checked(spec: Spec) -> Spec:
    """The same, with a tidy rule; raises BadRecurrence where it makes no sense."""
    try:
        load_zone(spec.zone)
    except UnknownZone as error:
        raise BadRecurrence("zone", _("There is no such time zone.")) from error
    if spec.ends_at <= spec.starts_at:
        raise BadRecurrence("ends_at", _("The end must be after the beginning."))
    if spec.ends_at - spec.starts_at > LONGEST:
        raise BadRecurrence("ends_at", _("At most a year."))
    if not spec.recurrence.strip():
        return Spec(spec.starts_at, spec.ends_at, "", spec.zone, None)
    if spec.until is not None and spec.until <= spec.starts_at:
        raise BadRecurrence("until", _("The last must be after the first."))
    tidy = Spec(spec.starts_at, spec.ends_at, _tidy(spec.recurrence), spec.zone, spec.until)
    _refuse_overlap(tidy)
    return tidy


def parts_of(recurrence: str) -> dict[str, str]:
    """The parts of a rule by their names in capitals; raises BadRecurrence."""
    text = recurrence.strip().upper().removeprefix("RRULE:")
    if len(text) > LONGEST_TEXT:
        raise BadRecurrence("recurrence", _("At most %(most)d characters.") % {"most": LONGEST_TEXT})
    pairs = [part.partition("=") for part in text.strip(";").split(";")]
    parts = {name.strip(): value.replace(" ", "") for name, _sign, value in pairs}
    frequency = parts.get("FREQ", "")
    if frequency not in PARTS:
        raise BadRecurrence("recurrence", _("FREQ is HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY."))
    wrong = [name for name, value in parts.items() if not _is_part(frequency, name, value)]
    if wrong or len(parts) != len(pairs):
        told = f"{wrong[0]}={parts[wrong[0]]}" if wrong else text
        raise BadRecurrence("recurrence", _("“%(part)s” is no part of such a rule.") % {"part": told[:60]})
    _check_numbers(parts)
    _refuse_never(parts)
    return parts


def _is_part(frequency: str, name: str, value: str) -> bool:
    if name in ALWAYS:
        return bool(value)
    shape = SHAPES[name] if name in PARTS[frequency] else None
    return shape is not None and all(shape.fullmatch(each) for each in value.split(","))


def _refuse_never(parts: Mapping[str, str]) -> None:
    """What never comes true, or may not."""
    days = parts.get("BYDAY", "")
    numbered = any(character.isdigit() for character in days)
    months = parts["BYMONTH"].split(",") if "BYMONTH" in parts else []
    month_days = [abs(int(day)) for day in parts.get("BYMONTHDAY", "1").split(",")]
    never = (
        (numbered and parts["FREQ"] not in ("MONTHLY", "YEARLY"))
        or ("BYMONTHDAY" in parts and (numbered or "BYSETPOS" in parts))
        or ("BYSETPOS" in parts and (not days or numbered))
        or (months and min(month_days) > max(MONTHS.get(month, 31) for month in months))
        or (parts["FREQ"] == "DAILY" and parts.get("INTERVAL", "1") != "1" and len(set(parts) - ALWAYS) > 0)
    )
    if never:
        raise BadRecurrence("recurrence", _("Such a rule may never come true; choose a simpler one."))


def _tidy(recurrence: str) -> str:
    return ";".join(f"{name}={value}" for name, value in parts_of(recurrence).items())


def _check_numbers(parts: Mapping[str, str]) -> None:
    for name, most in (("COUNT", MOST_COUNT), ("INTERVAL", MOST_INTERVAL)):
        value = parts.get(name, "1")
        if not (value.isascii() and value.isdigit() and len(value) < 6 and 1 <= int(value) <= most):
            raise BadRecurrence(
                "recurrence", _("%(name)s is from 1 to %(most)d.") % {"name": name, "most": most}
            )
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRecurrence("recurrence", _("COUNT or UNTIL, not both."))


def _refuse_overlap(spec: Spec) -> None:
    """Those that overlap would be one long mute that nobody meant."""
    spans = next_spans(spec, spec.starts_at, LOOKED_AT)
    if any(later.start < former.end for former, later in pairwise(spans)):
        raise BadRecurrence("ends_at", _("Each must be over before the next begins."))


def _spans(spec: Spec, after: datetime) -> Iterator[Interval]:
    """Occurrences that are not over at `after`, in their order."""
    for start, end in _all(spec, after):
        if spec.until is not None and start >= spec.until:
            return
        end = min(end, spec.until) if spec.until is not None else end
        if end > after:
            yield Interval(start, end)


def _all(spec: Spec, after: datetime) -> Iterator[tuple[datetime, datetime]]:
    yield spec.starts_at, spec.ends_at
    if not spec.recurrence:
        return
    zone = load_zone(spec.zone)
    first = to_wall(spec.starts_at, zone)
    length = to_wall(spec.ends_at, zone) - first
    for wall in _walls(spec, first, to_wall(max(after, spec.starts_at), zone), zone):
        start, end = to_instant(wall, zone), to_instant(wall + length, zone)
        # Where clocks jump over an end, what follows the beginning is as long as the first was.
        yield start, end if end > start else start + (spec.ends_at - spec.starts_at)


def _walls(spec: Spec, first: datetime, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The beginnings after the first, on the wall clock."""
    parts = parts_of(spec.recurrence)
    count = int(parts.pop("COUNT", MOST_COUNT * 1000))
    limit = after + HORIZON.get(parts["FREQ"], FAR)
    if "UNTIL" in parts:
        limit = min(limit, _until(parts.pop("UNTIL"), zone))
    rule = _rule(parts, first).replace(until=limit)
    # The first counts, whether the rule names its day or not.
    return islice((wall for wall in rule if wall > first), count - 1)


def _rule(parts: Mapping[str, str], first: datetime) -> rrule:
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        found = rrulestr(text, dtstart=first)
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:  # what dateutil raises for nonsense
        raise BadRecurrence("recurrence", _("This is no rule: %(text)s") % {"text": text[:80]}) from error
    if not isinstance(found, rrule):
        raise BadRecurrence("recurrence", _("This is no rule: %(text)s") % {"text": text[:80]})
    return found


def _until(text: str, zone: ZoneInfo) -> datetime:
    """On the wall clock; a day alone is the whole of that day."""
    try:
        found = isoparse(text)
    except ValueError as error:
        raise BadRecurrence("recurrence", _("UNTIL is a day or a moment: 20301231T235959Z.")) from error
    if not 1970 < found.year < 9990:
        raise BadRecurrence("recurrence", _("UNTIL is a day or a moment: 20301231T235959Z."))
    if len(text) == 8:
        return datetime.combine(found.date(), time.max)
    return to_wall(found, zone) if found.tzinfo is not None else found


def moment(wall: datetime, zone: str) -> datetime:
    """The instant at which clocks of that zone show `wall` (naive)."""
    return to_instant(wall, load_zone(zone)).astimezone(UTC)
