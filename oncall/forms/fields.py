"""Fields that hold several values in order, windows of a week, and local time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django import forms
from django.forms.utils import ErrorDict
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_time
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from oncall.rotation import Restriction
from oncall.skipping import UnknownCalendar, check_code

Group = tuple[str, list[tuple[str, str]]]
"""A label and the (value, words) below it, for an <optgroup>."""

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
_SETS: dict[str, tuple[int | None, ...]] = {
    "daily": (None,),
    "weekdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6),
    **{str(day): (day,) for day in range(7)},
}
DAYS = [
    ("daily", _("Every day")),
    ("weekdays", _("Monday to Friday")),
    ("weekend", _("Saturday and Sunday")),
    *((str(day), name) for day, name in enumerate(WEEKDAYS)),
]
UNTIL_DAYS = [("", _("same night or day")), *((str(day), name) for day, name in enumerate(WEEKDAYS))]
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


class QuietForm(forms.Form):
    """A form that shows what was typed without any message while `quiet`: rows are being edited, and nothing
    was asked to be stored."""

    quiet = False

    @property
    def errors(self) -> ErrorDict:
        return ErrorDict() if self.quiet else super().errors


class InOrder(forms.Field):
    """Values picked one after the other, a field of the same name for each; empty ones are left out.

    `allowed` maps what the browser sends to what it means; set it before cleaning.
    """

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": _("Choose at least one."),
        "unknown": _("One of these cannot be chosen any more. Choose another."),
    }

    def __init__(self, *, allowed: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allowed = allowed or {}

    def to_python(self, value: Iterable[str] | None) -> list[Any]:
        picked = [each for each in value or () if each]
        if any(each not in self.allowed for each in picked):
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return [self.allowed[each] for each in picked]


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who can be paged, and those who stand in what is edited but cannot be paged any more: they
    are shown, so that nobody drops out of an order unseen, and refused with their name when it is saved."""

    present: tuple[User, ...]
    gone: tuple[User, ...] = ()

    @property
    def allowed(self) -> dict[str, User]:
        """By what the browser sends."""
        return {str(person.pk): person for person in (*self.present, *self.gone)}

    def groups(self, first: Iterable[int], label: str) -> list[Group]:
        """Options for a select: those whose ids are in `first` under `label`, then everybody else."""
        members = set(first)
        groups = (
            (label, [person for person in self.present if person.pk in members]),
            (str(_("Everybody else")), [person for person in self.present if person.pk not in members]),
            (str(_("Cannot be paged any more")), self.gone),
        )
        return [(name, [(str(each.pk), str(each)) for each in people]) for name, people in groups if people]


def people_to_choose(**standing: object) -> People:
    """All responders, and whoever matches `standing` (a filter on people) without being one."""
    responders = User.objects.responders().order_by("name", "id")
    gone = (
        User.objects.filter(**standing).exclude(pk__in=responders.values("pk")).distinct() if standing else ()
    )
    return People(tuple(responders), tuple(gone))


class WindowRow(NamedTuple):
    """One window as it stands in the form."""

    day: str = "daily"
    start: str = ""
    until_day: str = ""
    until: str = ""


class WindowsInput(forms.MultipleHiddenInput):
    """Reads four lists side by side."""

    def value_from_datadict(self, data: Any, files: MultiValueDict[str, Any], name: str) -> list[WindowRow]:
        columns = [data.getlist(f"{name}-{key}") for key in ("day", "start", "until_day", "until")]
        longest = max(len(column) for column in columns)
        return [
            WindowRow(*(column[index] if index < len(column) else "" for column in columns))
            for index in range(longest)
        ]


class WindowsField(forms.Field):
    """Windows of a day or a week, as `Restriction`s; a row without times is left out."""

    widget = WindowsInput
    default_error_messages = {
        "time": _("Give each window a start and an end, such as 09:00 and 17:00."),
        "day": _("Choose the day of each window from the list."),
        "empty": _("A window ends when it starts. For a whole day write 00:00 to 00:00."),
        "set": _("A window that ends on a named day starts on one named day, not on several."),
    }

    def to_python(self, value: Iterable[WindowRow] | None) -> tuple[Restriction, ...]:
        rows = [row for row in value or () if row.start or row.until]
        return tuple(window for row in rows for window in self._windows(row))

    def _windows(self, row: WindowRow) -> list[Restriction]:
        start, until = self._time(row.start), self._time(row.until)
        if row.day not in _SETS or row.until_day not in {"", *map(str, range(7))}:
            raise self._error("day")
        days = _SETS[row.day]
        duration = _of_day(until) - _of_day(start)
        if row.until_day:
            if len(days) > 1 or days[0] is None:
                raise self._error("set")
            duration += _DAY * ((int(row.until_day) - days[0]) % 7)
            duration = duration if duration > timedelta(0) else duration + _WEEK
        elif duration <= timedelta(0):
            duration += _DAY
            if duration == _DAY and start != time(0):
                raise self._error("empty")
        return [Restriction(start, duration, day) for day in days]

    def _time(self, text: str) -> time:
        try:
            found = parse_time(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None:
            raise self._error("time")
        return found.replace(second=0, microsecond=0)

    def _error(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code)


def _of_day(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def window_rows(windows: Sequence[Restriction]) -> list[WindowRow]:
    """Windows as the form shows them: alike ones of Monday to Friday, or of the weekend, are one row."""
    alike: dict[tuple[time, timedelta], list[int | None]] = {}
    for window in windows:
        alike.setdefault((window.start, window.duration), []).append(window.weekday)
    return [
        _row(start, duration, name)
        for (start, duration), days in alike.items()
        for name in _set_names(tuple(days))
    ]


def _set_names(days: tuple[int | None, ...]) -> list[str]:
    for name in ("weekdays", "weekend"):
        if set(_SETS[name]) == set(days):
            return [name]
    return ["daily" if day is None else str(day) for day in days]


def _row(start: time, duration: timedelta, name: str) -> WindowRow:
    if duration == _DAY and name == "daily":
        start = time(0)
    days, seconds = divmod(_of_day(start) + duration, _DAY)
    end = (datetime(2000, 1, 1, tzinfo=UTC) + seconds).time()
    # A whole day that does not start at midnight needs the day of its end to be told from an empty one.
    named = name.isdecimal() and (duration > _DAY or (duration == _DAY and start != time(0)))
    until_day = str((int(name) + days) % 7) if named else ""
    return WindowRow(name, f"{start:%H:%M}", until_day, f"{end:%H:%M}")


class LocalMomentField(forms.Field):
    """What <input type="datetime-local"> sends: naive local time, whose zone the form knows."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {"invalid": _("Write a date and a time, such as 2026-11-30 09:00.")}

    def to_python(self, value: str | datetime | None) -> datetime | None:
        if not value:
            return None
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
        if found.tzinfo is not None or not 1970 <= found.year <= 2199:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class DatesField(forms.CharField):
    """Days, as ISO text with anything between them that is no letter or figure; cleaned, in order and once each."""

    widget = forms.Textarea(attrs={"rows": 2, "placeholder": "2026-12-24, 2026-12-31"})
    default_error_messages = {
        "date": _("%(text)s is not a day. Write days such as 2026-12-24, with a comma between."),
        "far": _("Choose days between 1970 and 2199."),
    }

    def clean(self, value: Any) -> tuple[date, ...]:
        words = re.split(r"[\s,;]+", super().clean(value))
        return tuple(sorted({self._day(word) for word in words if word}))

    def prepare_value(self, value: Any) -> Any:
        """Days as they are typed."""
        return value if isinstance(value, str) else days_in_words(value or ())

    def _day(self, word: str) -> date:
        try:
            found = date.fromisoformat(word)
        except ValueError as error:
            raise self._error("date", text=word[:20]) from error
        if not 1970 <= found.year <= 2199:
            raise self._error("far")
        return found

    def _error(self, code: str, **params: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code, params=params)


def days_in_words(days: Iterable[date]) -> str:
    """As `DatesField` reads them."""
    return ", ".join(day.isoformat() for day in sorted(days))


class HolidaysField(forms.CharField):
    """The code of a calendar of public holidays, such as DE or US-CA; names are offered by the datalist `holidays`."""

    widget = forms.TextInput(attrs={"list": "holidays", "autocomplete": "off", "placeholder": "DE, US-CA"})

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        for code in (text, text.upper()):
            try:
                check_code(code)
            except UnknownCalendar:
                continue
            return code
        message = _(
            "There are no holidays under %(code)s. Write a country such as DE, or a part of one such as DE-BY."
        )
        raise forms.ValidationError(message, code="unknown", params={"code": text[:20]})
