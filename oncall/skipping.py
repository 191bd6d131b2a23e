"""Days that bring no duty, and the calendars of public holidays that name some of them.

The dates of holidays come from the `holidays` library, for the years 1990 to 2100; other years have none. A
calendar is a country ("DE") or a part of one ("DE-BY"), by ISO 3166.
"""

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from oncall.invalid import InvalidLayer

KNOWN_YEARS = range(1990, 2101)
LONGEST_CODE = 16
# Two letters to the name of the library's class; asking that loads one country, listing them all loads all.
_COUNTRIES = {names[1]: names[0] for names in COUNTRIES.values()}
_SMALL_WORDS = re.compile(r"\b(And|Of|The)\b")
_WORD_STARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class UnknownCalendar(ValueError):
    """There are no public holidays under that code."""


def check_code(code: str) -> None:
    """Accept a calendar that `calendars` lists, and the empty code for none. Raises UnknownCalendar."""
    country, dash, part = code.partition("-")
    if code and not (country in _COUNTRIES and (not dash or part in _parts(country))):
        raise UnknownCalendar(f"There is no calendar of holidays named {code!r}.")


@dataclass(frozen=True, slots=True)
class Skip:
    """Local days that bring no duty and cost nobody a turn: weekdays (0 is Monday), named dates, and the public
    holidays of a calendar. Empty is false. Raises InvalidLayer."""

    weekdays: frozenset[int] = frozenset()
    dates: tuple[date, ...] = ()
    holidays: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weekdays", frozenset(self.weekdays))
        object.__setattr__(self, "dates", tuple(sorted(set(self.dates))))
        if not self.weekdays <= set(range(7)):
            raise InvalidLayer("skip_weekdays", "A weekday is 0 (Monday) to 6 (Sunday).")
        if len(self.weekdays) == 7:
            raise InvalidLayer("skip_weekdays", "Leave at least one weekday: nobody would ever be on call.")
        try:
            check_code(self.holidays)
        except UnknownCalendar as error:
            raise InvalidLayer("skip_holidays", str(error)) from error

    def __bool__(self) -> bool:
        return bool(self.weekdays or self.dates or self.holidays)


NO_SKIP = Skip()


@lru_cache(maxsize=512)
def holiday_dates(code: str) -> tuple[date, ...]:
    """The public holidays of that calendar, in order; none for the empty code. Raises UnknownCalendar.

    Another version of the library may know more or other ones.
    """
    return tuple(sorted(_named(code)))


def holiday_name(code: str, day: date) -> str | None:
    """What is celebrated there on that day, in English where the library has it; None when nothing is."""
    return _named(code).get(day)


@lru_cache(maxsize=1)
def calendars() -> list[tuple[str, str]]:
    """Every calendar as its code and an English name, countries by name and each before its parts."""
    return sorted(_calendars(), key=lambda item: item[1].partition(": "))


@lru_cache(maxsize=512)
def _named(code: str) -> Mapping[date, str]:
    check_code(code)
    if not code:
        return {}
    country, _dash, part = code.partition("-")
    with warnings.catch_warnings():
        # For some countries the library warns that it knows fewer years; it gives those that it knows.
        warnings.simplefilter("ignore")
        return dict(
            holidays.country_holidays(country, part or None, years=KNOWN_YEARS, language="en_US").items()
        )


def _calendars() -> Iterable[tuple[str, str]]:
    for country, class_name in _COUNTRIES.items():
        name = _SMALL_WORDS.sub(lambda word: word[0].lower(), _WORD_STARTS.sub(" ", class_name))
        yield country, name
        aliases = getattr(holidays, class_name).subdivisions_aliases
        names = {part: alias for alias, part in reversed(aliases.items())}
        for part in _parts(country):
            yield f"{country}-{part}", f"{name}: {names.get(part, part)}"


@lru_cache(maxsize=512)
def _parts(country: str) -> frozenset[str]:
    # The library lists a few cities under long names; a layer has no room for those.
    every = getattr(holidays, _COUNTRIES[country]).subdivisions
    return frozenset(part for part in every if len(country) + len(part) < LONGEST_CODE)
