"""Days that bring duty, numbered: so that a turn years from the first one is found without stepping there.

Days are ordinals as `date.toordinal` counts them. Days on weekdays that are not skipped have a *rank*, which a week's
table gives; holidays and named dates are the ranks that are missing, looked up by bisection.
"""

from bisect import bisect_left, bisect_right
from functools import lru_cache

from oncall.skipping import Skip, holiday_dates

Stretch = tuple[int, int]


class DutyDays:
    """The days that a Skip leaves, numbered from a day in the distant past."""

    def __init__(self, skip: Skip) -> None:
        self._kept = [weekday for weekday in range(7) if weekday not in skip.weekdays]
        self._before = [sum(kept < weekday for kept in self._kept) for weekday in range(7)]
        self._keeps = [weekday in self._kept for weekday in range(7)]
        days = {day.toordinal() for day in (*skip.dates, *holiday_dates(skip.holidays))}
        self._missing = sorted(self._rank(day) for day in days if self._keeps[(day - 1) % 7])
        # How many ranks below the missing one are not missing: the number that it would have had.
        self._numbers = [rank - index for index, rank in enumerate(self._missing)]

    def brings_duty(self, day: int) -> bool:
        """Whether that day is one of them."""
        if not self._keeps[(day - 1) % 7]:
            return False
        rank = self._rank(day)
        index = bisect_left(self._missing, rank)
        return index == len(self._missing) or self._missing[index] != rank

    def number(self, day: int) -> int:
        """The number of that day, or of the first duty day after it."""
        rank = self._rank(day)
        return rank - bisect_left(self._missing, rank)

    def day(self, number: int) -> int:
        """The day of that number."""
        return self._day_of(number + bisect_right(self._numbers, number))

    def stretches(self) -> list[Stretch]:
        """Seven and more days in a row without duty, from the first of them until just before the next duty day."""
        found: list[Stretch] = []
        first = 0
        for index, rank in enumerate(self._missing):
            if index + 1 < len(self._missing) and self._missing[index + 1] == rank + 1:
                continue
            if index - first + 1 >= len(self._kept):
                found.append((self._day_of(self._missing[first] - 1) + 1, self._day_of(rank + 1)))
            first = index + 1
        return found

    def _rank(self, day: int) -> int:
        # Day 1 is a Monday.
        week, weekday = divmod(day - 1, 7)
        return week * len(self._kept) + self._before[weekday]

    def _day_of(self, rank: int) -> int:
        week, place = divmod(rank, len(self._kept))
        return week * 7 + self._kept[place] + 1


@lru_cache(maxsize=4096)
def duty_days(skip: Skip) -> DutyDays:
    """The days that it leaves."""
    return DutyDays(skip)


@lru_cache(maxsize=4096)
def stretches(skip: Skip) -> list[Stretch]:
    """Whole weeks and more without duty, in order."""
    return duty_days(skip).stretches()
