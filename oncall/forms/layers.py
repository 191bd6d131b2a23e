"""One layer in the editor of a schedule: what is typed, as a draft, and a draft as it is typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from lib.intervals import load_zone, to_instant, to_wall
from oncall.drafts import MOST_LAYERS, LayerDraft
from oncall.forms.fields import (
    WEEKDAYS,
    DatesField,
    HolidaysField,
    InOrder,
    LocalMomentField,
    QuietForm,
    WindowRow,
    WindowsField,
    days_in_words,
    window_rows,
)
from oncall.models import LayerRole, TurnUnit
from oncall.rows import Row, Rows
from oncall.skipping import LONGEST_CODE

WINDOW_KEYS = ("windows-day", "windows-start", "windows-until_day", "windows-until")
MOMENT = "%Y-%m-%dT%H:%M"


class LayerForm(QuietForm):
    """One rotation. Local times are on the schedule's clock. `stored` is the layer as it stands, when it does."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = LineField(max_length=80, required=False, label=_("Name"))
    role = forms.ChoiceField(required=False, choices=LayerRole.choices, label=_("Role"))
    people = InOrder(
        label=_("People, in order"), error_messages={"required": _("A layer needs at least one person.")}
    )
    first_date = forms.DateField(
        label=_("First hand-off"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    first_time = forms.TimeField(
        label=_("Hand-off at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    turn_length = forms.IntegerField(min_value=1, max_value=10_000, label=_("Each turn lasts"))
    turn_unit = forms.ChoiceField(choices=TurnUnit.choices, label=_("Unit"))
    windows = WindowsField(required=False, label=_("Only in these windows"))
    skip_weekdays = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        widget=forms.CheckboxSelectMultiple,
        label=_("Weekdays"),
    )
    skip_holidays = HolidaysField(
        required=False,
        max_length=LONGEST_CODE,
        label=_("Public holidays of"),
        help_text=_("A country such as DE, or a part of one such as DE-BY."),
    )
    skip_dates = DatesField(
        required=False, max_length=3000, label=_("Dates"), help_text=_("Such as 2026-12-24, 2026-12-31.")
    )
    starts_at = LocalMomentField(
        required=False, label=_("In force from"), help_text=_("Empty: from when it is saved.")
    )
    ends_at = LocalMomentField(required=False, label=_("In force until"), help_text=_("Empty: for ever."))

    stored: LayerDraft | None = None

    def clean_first_date(self) -> date:
        day: date = self.cleaned_data["first_date"]
        if not 1970 <= day.year <= 2199:
            raise forms.ValidationError(_("Choose a day between 1970 and 2199."), code="out_of_range")
        return day

    def clean_role(self) -> str:
        return self.cleaned_data["role"] or LayerRole.PRIMARY

    @property
    def people_rows(self) -> list[str]:
        """What the selects show; one that is empty waits at the end."""
        picked = [str(each) for each in self["people"].value() or ()]
        return picked if picked and not picked[-1] else [*picked, ""]

    @property
    def window_rows(self) -> list[WindowRow]:
        """What the rows of windows show."""
        return list(self["windows"].value() or ())

    @property
    def skips(self) -> bool:
        """Whether anything is typed about days without duty, or wrong there."""
        return any(
            self[each].value() or self[each].errors
            for each in ("skip_weekdays", "skip_holidays", "skip_dates")
        )

    @property
    def skipped_days(self) -> list[tuple[str, str | Any, bool]]:
        """Each weekday as (value, words, whether it is ticked)."""
        ticked = {str(each) for each in self["skip_weekdays"].value() or ()}
        return [(str(day), words, str(day) in ticked) for day, words in enumerate(WEEKDAYS)]

    def draft(self, zone: str, zone_before: str, now: datetime) -> LayerDraft:
        """What is typed; after `is_valid`. `zone_before` is that in which the stored ends were shown."""
        cleaned, stored = self.cleaned_data, self.stored
        clocks = (load_zone(zone), load_zone(zone_before))
        return LayerDraft(
            people=tuple(cleaned["people"]),
            first_handoff=datetime.combine(cleaned["first_date"], cleaned["first_time"]),
            turn_length=cleaned["turn_length"],
            turn_unit=cleaned["turn_unit"],
            name=cleaned["name"],
            restrictions=cleaned["windows"] or (),
            starts_at=_instant(cleaned["starts_at"], stored.starts_at if stored else None, clocks, now),
            ends_at=_instant(cleaned["ends_at"], stored.ends_at if stored else None, clocks, now),
            id=cleaned["id"],
            role=cleaned["role"],
            skip_weekdays=tuple(cleaned["skip_weekdays"]),
            skip_holidays=cleaned["skip_holidays"],
            skip_dates=cleaned["skip_dates"],
        )


_ROWS = Rows(
    "layer",
    lists={"people": ["people"], "windows": WINDOW_KEYS},
    blank={
        "first_time": ["09:00"],
        "turn_length": ["1"],
        "turn_unit": [TurnUnit.WEEKS],
        "role": [LayerRole.PRIMARY],
        "people": [""],
    },
    most=MOST_LAYERS,
)


def layer_rows(now: datetime, zone: str) -> Rows:
    """The layers as rows; a new one hands off on this week's Monday in that zone."""
    first_date = first_layer(now, zone)["first_date"]
    return replace(_ROWS, blank={**_ROWS.blank, "first_date": [first_date.isoformat()]})


def first_layer(now: datetime, zone: str) -> dict[str, Any]:
    """Weekly from this week's Monday at nine: what most people want, and somebody is on call at once."""
    today = now.astimezone(load_zone(zone)).date()
    return {
        "first_date": today - timedelta(days=today.weekday()),
        "first_time": time(9),
        "turn_length": 1,
        "turn_unit": TurnUnit.WEEKS,
        "role": LayerRole.PRIMARY,
    }


def initial_of(draft: LayerDraft, zone: str) -> dict[str, Any]:
    """The draft as the form's initial values, on the clock of that zone."""
    clock = load_zone(zone)
    return {
        "id": draft.id,
        "name": draft.name,
        "role": draft.role,
        "people": [person.pk for person in draft.people],
        "first_date": draft.first_handoff.date(),
        "first_time": draft.first_handoff.time(),
        "turn_length": draft.turn_length,
        "turn_unit": draft.turn_unit,
        "windows": window_rows(draft.restrictions),
        "skip_weekdays": list(draft.skip_weekdays),
        "skip_holidays": draft.skip_holidays,
        "skip_dates": list(draft.skip_dates),
        "starts_at": draft.starts_at and to_wall(draft.starts_at, clock),
        "ends_at": draft.ends_at and to_wall(draft.ends_at, clock),
    }


def typed_row(draft: LayerDraft, zone: str) -> Row:
    """The draft as the browser would send it."""
    values = initial_of(draft, zone)
    windows: list[WindowRow] = values.pop("windows")
    row = {key: _typed(value) for key, value in values.items()}
    row["people"] = [*row["people"], ""]
    row["skip_dates"] = [days_in_words(draft.skip_dates)]
    for place, key in enumerate(WINDOW_KEYS):
        row[key] = [window[place] for window in windows]
    return row


def _typed(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, datetime):
        return [value.strftime(MOMENT)]
    if isinstance(value, time):
        return [value.strftime("%H:%M")]
    return ["" if value is None else str(value)]


def _instant(
    wall: datetime | None, stored: datetime | None, clocks: tuple[ZoneInfo, ZoneInfo], now: datetime
) -> datetime | None:
    """The moment that is typed. One that was left as it was shown keeps its seconds, and keeps its place among
    times that clocks show twice; one that is over is not moved by another zone either."""
    if wall is None:
        return None
    zone, zone_before = clocks
    stays = stored and wall == to_wall(stored, zone_before).replace(second=0, microsecond=0)
    if stored and stays and (zone == zone_before or stored <= now):
        return stored
    return to_instant(wall, zone)
