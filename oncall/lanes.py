"""Rows of a drawn timeline: bars with the names of people, gaps, and what is too narrow to be drawn apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from lib.intervals import Interval
from oncall import timeline
from oncall.models import Schedule
from oncall.rotation import Segment

NARROWEST, NARROWEST_GAP = 0.01, 0.004
"""Shares of the width: what takes less is drawn together with its neighbours; a gap alone is drawn so wide."""
PAGE, CARD = 860, 580
"""How wide a timeline is drawn on a desk, over a page or in a form, in pixels, as near as one can say."""
MARGIN = timedelta(weeks=1)
"""What is known before and after a span, so that bars at its edges say when they begin and end."""
MOST_NAMES = 4
_CHARACTER, _PADDING = 7.3, 12


class Clock:
    """Writes moments of a zone as "Sat 5 Dec 18:00": each once, since a page has the same ones again and again."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._days = [str(WEEKDAYS_ABBR[number]) for number in range(7)]
        self._months = [str(MONTHS_3[number]).capitalize() for number in range(1, 13)]
        self._known: dict[datetime, str] = {}

    def words(self, moment: datetime) -> str:
        """The moment on this clock."""
        found = self._known.get(moment)
        if found is None:
            at = moment.astimezone(self.zone)
            found = f"{self._days[at.weekday()]} {at.day} {self._months[at.month - 1]} {at:%H:%M}"
            self._known[moment] = found
        return found


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a row: somebody's `shift`, a `gap` where nobody stands, `thin` cover, or time in which somebody is
    `away`; with a `count` above 1, several in a row. `cause` says which layer or override. One that begins earlier or
    ends later than is known is cut to what is drawn."""

    start: datetime
    end: datetime
    place: timeline.Place
    clock: Clock
    people: tuple[User, ...] = ()
    cause: str = ""
    is_over: bool = False
    count: int = 1
    kind: str = "shift"
    replaces: int | None = None
    anchor: str = ""
    begins_earlier: bool = False
    ends_later: bool = False
    page: int = PAGE

    @property
    def names(self) -> str:
        more = len(self.people) - MOST_NAMES
        shown = ", ".join(str(person) for person in self.people[:MOST_NAMES])
        if more > 0:
            return _("%(names)s and %(n)s more") % {"names": shown, "n": more}
        return shown or _("Nobody")

    @property
    def is_mixed(self) -> bool:
        """Several people in turns, in no one's colour."""
        return self.count > 1 and len(self.people) > 1

    @property
    def is_plain(self) -> bool:
        """A shift that is drawn by itself."""
        return self.kind == "shift" and self.count == 1

    @property
    def label(self) -> str:
        """What is written on the bar: names, first names or initials, the most that fits; else nothing."""
        room = (float(self.place.width) / 100 * self.page - _PADDING) / _CHARACTER
        return next((text for text in self._labels() if len(text) <= room), "")

    @property
    def words(self) -> str:
        """All that the bar says."""
        cause = f" ({self.cause})" if self.cause else ""
        start = "…" if self.begins_earlier else self.clock.words(self.start)
        end = "…" if self.ends_later else self.clock.words(self.end)
        return f"{self._what()}, {start} – {end}{cause}"

    @property
    def query(self) -> str:
        """The stretch as the page for a new override takes it."""
        place = f"&replaces={self.replaces}" if self.replaces else ""
        return f"from={self.start:%Y-%m-%dT%H:%MZ}&until={self.end:%Y-%m-%dT%H:%MZ}{place}"

    @property
    def day(self) -> str:
        """The day on which it begins."""
        return f"{self.start.astimezone(self.clock.zone):%Y-%m-%d}"

    def _labels(self) -> Sequence[str]:
        if self.kind == "gap":
            return (_("Nobody"),)
        if self.kind == "thin":
            return (_("No secondary"), _("no 2nd"))
        words = [str(person).split() or ["?"] for person in self.people]
        first = ", ".join(each[0] for each in words)
        if self.count > 1 and len(self.people) > 1:
            return (first, ngettext("%(n)s person", "%(n)s people", len(words)) % {"n": len(words)})
        initials = " ".join(
            (each[0][0] + each[-1][0] if len(each) > 1 else each[0][0]).upper() for each in words
        )
        return (", ".join(str(person) for person in self.people), first, initials)

    def _what(self) -> str:
        if self.kind == "gap":
            words = ngettext("Nobody is on call", "Nobody is on call %(n)s times", self.count)
        elif self.kind == "thin":
            words = ngettext("No secondary is on call", "No secondary is on call %(n)s times", self.count)
        elif self.count > 1:
            words = ngettext("%(names)s: %(n)s shift", "%(names)s: %(n)s shifts", self.count)
        else:
            return self.names
        return words % {"n": self.count, "names": self.names}


@dataclass(frozen=True, slots=True)
class Lane:
    """One row. `gaps` and thin cover only where they matter: in the rows of who is on call. `marks` point out time that
    changes; `note` says below the label what kind of row it is."""

    label: str
    bars: tuple[Bar, ...]
    gaps: tuple[Bar, ...] = ()
    kind: str = "layer"
    schedule: Schedule | None = None
    note: str = ""
    marks: tuple[timeline.Place, ...] = ()

    @property
    def is_final(self) -> bool:
        return self.kind in {"final", "second"}

    @property
    def height(self) -> int:
        """In pixels: who is on call stands out."""
        return {"final": 40, "second": 32}.get(self.kind, 26)

    @property
    def summary(self) -> str:
        """Everybody who stands in it, once each, in order."""
        names = dict.fromkeys(str(person) for bar in self.bars for person in bar.people)
        return ", ".join(names) or _("Nobody")


@dataclass(frozen=True, slots=True)
class Frame:
    """What all rows of a timeline share: time, clock, and everybody who stands in them. What is drawn together ends
    with one of `borders`: with the day, or with the week where the axis names weeks."""

    span: Interval
    known: Interval
    now: datetime
    people: Mapping[int, User]
    days: tuple[timeline.Day, ...]
    borders: tuple[datetime, ...]
    clock: Clock
    page: int = PAGE

    def bars(self, segments: Iterable[Segment], causes: Mapping[str, str] | None = None) -> tuple[Bar, ...]:
        """The segments that touch the span, drawn; they keep their own ends as far as these are known."""
        span = self.span
        shown = [each for each in segments if each.start < span.end and span.start < each.end]
        blocks = timeline.condensed(shown, span, self.borders, NARROWEST)
        return tuple(self._bar(each, causes or {}) for each in blocks)

    def missing(self, intervals: Iterable[Interval], kind: str) -> tuple[Bar, ...]:
        """Bars for time in which somebody is missing, each wide enough to be seen."""
        segments = [Segment(each.start, each.end, (), "") for each in intervals]
        blocks = timeline.condensed(segments, self.span, self.borders, NARROWEST_GAP)
        return tuple(
            Bar(
                each.start,
                each.end,
                timeline.place(self.span, each.start, each.end, NARROWEST_GAP),
                self.clock,
                count=each.count,
                kind=kind,
            )
            for each in blocks
        )

    def _bar(self, block: timeline.Block, causes: Mapping[str, str]) -> Bar:
        earlier, later = block.start <= self.known.start, block.end >= self.known.end
        people = [self.people[each] for each in block.people if each in self.people]
        return Bar(
            self.span.start if earlier else block.start,
            self.span.end if later else block.end,
            timeline.place(self.span, block.start, block.end),
            self.clock,
            tuple(people if block.count == 1 else sorted(people, key=str)),
            causes.get(block.source, ""),
            block.end <= self.now,
            block.count,
            begins_earlier=earlier,
            ends_later=later,
            page=self.page,
        )


def widened(span: Interval) -> Interval:
    """The span with its margins: ask for segments of this time."""
    return Interval(span.start - MARGIN, span.end + MARGIN)


def frame_of(
    span: Interval, zone: ZoneInfo, now: datetime, people: Mapping[int, User], page: int = PAGE
) -> Frame:
    """A frame of that span with the days of the zone, drawn about as wide as `page`."""
    days = tuple(timeline.days(span, zone))
    borders = tuple(each.start for each in timeline.named(days))
    return Frame(span, widened(span), now, people, days, borders, Clock(zone), page)


def standing_in(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """The same bars; an override of one of them is for its person alone."""
    return tuple(
        replace(bar, replaces=bar.people[0].pk) if len(bar.people) == 1 and bar.count == 1 else bar
        for bar in bars
    )
