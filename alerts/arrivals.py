"""How many events came in each of the last 24 hours, and the line that shows it. Pure: no Django, `now` was given
to whoever counted."""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 24
WIDTH, HEIGHT, MARGIN = 120, 28, 2


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came in the last 24 hours. `hours` has a count for each, the oldest first, the last one up to now."""

    hours: tuple[int, ...] = (0,) * HOURS
    problems: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return sum(self.hours)

    @property
    def last_hour(self) -> int:
        return self.hours[-1]

    @property
    def peak(self) -> int:
        return max(self.hours)

    @property
    def line(self) -> str:
        """The points of an SVG polyline, WIDTH by HEIGHT; flat at the bottom where nothing came."""
        step = WIDTH / (HOURS - 1)
        room, peak = HEIGHT - 2 * MARGIN, max(1, self.peak)
        return " ".join(
            f"{place * step:.1f},{HEIGHT - MARGIN - room * count / peak:.1f}"
            for place, count in enumerate(self.hours)
        )

    @property
    def area(self) -> str:
        """The same, closed along the bottom."""
        return f"0,{HEIGHT} {self.line} {WIDTH},{HEIGHT}"


def summed(many: list[Arrivals]) -> Arrivals:
    """All of them together."""
    return Arrivals(
        hours=tuple(sum(each.hours[place] for each in many) for place in range(HOURS)),
        problems=sum(each.problems for each in many),
        waiting=sum(each.waiting for each in many),
    )


def counted(rows: list[tuple[int, int, int, int]]) -> Arrivals:
    """From (age in whole hours, events, those with a problem, those that wait); ages that lie elsewhere than within
    the last 24 hours count for the nearest of them, since clocks of two machines differ a little."""
    hours = [0] * HOURS
    for age, events, _problems, _waiting in rows:
        hours[HOURS - 1 - min(max(age, 0), HOURS - 1)] += events
    return Arrivals(tuple(hours), sum(row[2] for row in rows), sum(row[3] for row in rows))
