"""From when until when somebody is away, as people write it: whole days, the last one included."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from lib.intervals import to_instant, to_wall
from oncall.conflicts import Conflict
from oncall.drafts import Refused
from oncall.models import Absence

EARLIEST, LATEST = date(1970, 1, 1), date(2198, 12, 31)
_DAY = timedelta(days=1)
_MIDNIGHT = time()


class DayField(forms.DateField):
    """What <input type="date"> sends, within the years in which zones are known."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {
        "invalid": _("Write a day, such as 2026-11-30."),
        "far": _("Choose a day between 1970 and 2198."),
    }

    def clean(self, value: Any) -> date | None:
        found: date | None = super().clean(value)
        if found and not EARLIEST <= found <= LATEST:
            raise forms.ValidationError(self.error_messages["far"], code="far")
        return found


class HourField(forms.TimeField):
    """What <input type="time"> sends."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    default_error_messages = {"invalid": _("Write a time, such as 14:30.")}


class AbsenceForm(forms.Form):
    """Without times it is whole days of `zone`, which is the absent person's own; without a last day it is one day.

    Cleaned, `starts_at` and `ends_at` are instants. `touched` are the conflicts that the page has shown; those that
    were ticked are in `covers`, by `key_of`.
    """

    first_day = DayField(label=_("First day"))
    first_time = HourField(required=False, label=_("From"))
    last_day = DayField(required=False, label=_("Last day"))
    last_time = HourField(required=False, label=_("Until"))
    note = LineField(max_length=200, required=False, label=_("Note"))
    covers = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Ask the team to cover"),
        error_messages={"invalid_choice": _("These shifts have changed. Look again, and tick anew.")},
    )

    def __init__(self, *args: Any, zone: ZoneInfo, is_own: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = _("Only you, your managers and admins see it.")
        self.fields["note"].help_text = own if is_own else _("Only they, their managers and admins see it.")
        self.zone = zone
        self.touched: Sequence[Conflict] = ()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first is None or "last_day" in self.errors:
            return cleaned
        cleaned["starts_at"] = self._instant(first, cleaned.get("first_time"))
        cleaned["ends_at"] = self._end(last or first, cleaned.get("last_time"))
        return cleaned

    def offer(self, touched: Sequence[Conflict]) -> None:
        """Let these be ticked. Call it before the form is cleaned for good."""
        self.touched = touched
        field = self.fields["covers"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - says to mypy what stands above
        field.choices = [(key_of(each), str(each.schedule)) for each in touched]

    def chosen(self) -> list[Conflict]:
        """Those that were ticked. Only of a valid form."""
        return [each for each in self.touched if key_of(each) in self.cleaned_data["covers"]]

    @property
    def may_ask(self) -> bool:
        """Whether cover is not asked for yet for some of it."""
        return any(each.request is None for each in self.touched)

    @property
    def touches(self) -> list[dict[str, Any]]:
        """Each conflict with its key, and whether it is ticked."""
        ticked = self["covers"].value() or ()
        return [
            {"conflict": each, "key": key_of(each), "is_ticked": key_of(each) in ticked}
            for each in self.touched
        ]

    def period(self) -> tuple[datetime, datetime] | None:
        """The two instants as far as they are typed, without any message; None while they make no period."""
        days = {
            name: self.fields[name].clean for name in ("first_day", "first_time", "last_day", "last_time")
        }
        try:
            typed = {name: clean(self[name].value()) for name, clean in days.items()}
        except forms.ValidationError:
            return None
        start = self._instant(typed["first_day"], typed["first_time"])
        end = self._end(typed["last_day"] or typed["first_day"], typed["last_time"])
        return (start, end) if start < end else None

    def refuse(self, refused: Refused) -> None:
        """Put the words of an action on the field that they are about."""
        field = {"starts_at": "first_day", "ends_at": "last_day", "note": "note"}.get(refused.field)
        self.add_error(field, refused.message)

    def _instant(self, day: date, at: time | None) -> datetime:
        return to_instant(datetime.combine(day, at or _MIDNIGHT), self.zone)

    def _end(self, day: date, at: time | None) -> datetime:
        """Without a time the day counts as a whole."""
        return self._instant(day, at) if at else self._instant(day + _DAY, None)


def key_of(conflict: Conflict) -> str:
    """Names a conflict in the form; the end stays the same while its start moves on with the clock."""
    return f"{conflict.schedule.pk}-{conflict.end:%Y%m%dT%H%M%S}"


def typed(absence: Absence, zone: ZoneInfo) -> dict[str, Any]:
    """Initial values: as whole days where the absence is whole days of the zone."""
    first, last = to_wall(absence.starts_at, zone), to_wall(absence.ends_at, zone)
    is_whole_first = to_instant(datetime.combine(first.date(), _MIDNIGHT), zone) == absence.starts_at
    is_whole_last = to_instant(datetime.combine(last.date(), _MIDNIGHT), zone) == absence.ends_at
    return {
        "first_day": first.date(),
        "first_time": None if is_whole_first else first.time(),
        "last_day": last.date() - _DAY if is_whole_last else last.date(),
        "last_time": None if is_whole_last else last.time(),
        "note": absence.note,
    }
