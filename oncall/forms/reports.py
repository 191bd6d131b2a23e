"""What the reports read from their address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from lib.intervals import Interval, to_instant
from oncall.models import Schedule

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 1, 1)
LONGEST_DAYS = 366
DAY = timedelta(days=1)


class ChosenDays(forms.Form):
    """From the first day until the end of the last, of which teams or which schedule.

    Without days it is the four weeks until yesterday. `schedules` are those that may be chosen.
    """

    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until, with that day"), widget=forms.DateInput(attrs={"type": "date"}))
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=_("Team"),
        to_field_name="slug",
        required=False,
        empty_label=_("All teams"),
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.none(), label=_("Schedule"), required=False, empty_label=_("All schedules")
    )

    def __init__(self, data: Mapping[str, Any], *, today: date, schedules: Any) -> None:
        start = {"since": (today - 28 * DAY).isoformat(), "until": (today - DAY).isoformat()}
        super().__init__({**start, **{name: value for name, value in data.items() if value}})
        self.fields["team"].queryset = Team.objects.filter(schedules__in=schedules).distinct()  # type: ignore[attr-defined]
        self.fields["schedule"].queryset = schedules  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until:
            self._check(since, until)
        return values

    def _check(self, since: date, until: date) -> None:
        if not EARLIEST <= since <= LATEST:
            self.add_error("since", _("Choose a day from 1990 on."))
        elif until < since:
            self.add_error("until", _("This is before the first day."))
        elif until - since >= LONGEST_DAYS * DAY:
            self.add_error("until", _("A report covers at most a year."))

    def span(self, zone: ZoneInfo) -> Interval:
        """The chosen days, from midnight to midnight of that zone. Only when the form is valid."""
        first, last = self.cleaned_data["since"], self.cleaned_data["until"]
        return Interval(_midnight(first, zone), _midnight(last + DAY, zone))

    def chosen(self) -> list[Schedule]:
        """The schedule, those of the team, or all that may be chosen. Only when the form is valid."""
        if self.cleaned_data["schedule"]:
            return [self.cleaned_data["schedule"]]
        found = self.fields["schedule"].queryset  # type: ignore[attr-defined]
        team = self.cleaned_data["team"]
        return list(found.filter(team=team) if team else found)

    @property
    def is_of_all(self) -> bool:
        """Neither a team nor a schedule was chosen."""
        return not self.cleaned_data["schedule"] and not self.cleaned_data["team"]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_instant(datetime.combine(day, time()), zone)
