"""A schedule with its layers in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypedDict

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from accounts.models import Team, User
from lib.intervals import load_zone, to_instant, to_wall
from oncall.drafts import MOST_LAYERS, LayerDraft, Refused
from oncall.forms.fields import (
    DAYS,
    UNTIL_DAYS,
    Group,
    InOrder,
    LocalMomentField,
    QuietForm,
    WindowRow,
    WindowsField,
    people_to_choose,
    window_rows,
)
from oncall.models import Layer, Schedule, TurnUnit
from oncall.rotation import Restriction
from oncall.rows import Rows

# What actions call these.
_FORM_FIELDS = {"first_handoff": "first_date", "restrictions": "windows"}
WINDOW_KEYS = ("windows-day", "windows-start", "windows-until_day", "windows-until")


class ScheduleValues(TypedDict):
    """What the actions take beside team and layers."""

    name: str
    description: str
    time_zone: str


class ScheduleForm(QuietForm):
    """The schedule itself; the team is chosen once, when it is made."""

    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), empty_label=None)
    name = LineField(max_length=80, label=_("Name"))
    description = LineField(max_length=300, required=False, label=_("What it is for"))
    time_zone = ZoneField(
        help_text=_("Hand-offs and windows are on this clock, also across daylight saving.")
    )

    def __init__(self, *args: Any, teams: Any, current_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        if teams is None:
            del self.fields["team"]
        else:
            team.queryset = teams
        self.fields["time_zone"] = ZoneField(
            current=current_zone,
            help_text=_("Hand-offs and windows are on this clock, also across daylight saving."),
        )


class LayerForm(QuietForm):
    """One rotation. Local times are on the schedule's clock."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = LineField(max_length=80, required=False, label=_("Name"))
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
    starts_at = LocalMomentField(
        required=False, label=_("In force from"), help_text=_("Empty: from when it is saved.")
    )
    ends_at = LocalMomentField(required=False, label=_("In force until"), help_text=_("Empty: for ever."))

    def clean_first_date(self) -> date:
        day: date = self.cleaned_data["first_date"]
        if not 1970 <= day.year <= 2199:
            raise forms.ValidationError(_("Choose a day between 1970 and 2199."), code="out_of_range")
        return day

    @property
    def people_rows(self) -> list[str]:
        """What the selects show; one that is empty waits at the end."""
        picked = [str(each) for each in self["people"].value() or ()]
        return picked if picked and not picked[-1] else [*picked, ""]

    @property
    def window_rows(self) -> list[WindowRow]:
        """What the rows of windows show."""
        return list(self["windows"].value() or ())


_ROWS = Rows(
    "layer",
    lists={"people": ["people"], "windows": WINDOW_KEYS},
    blank={
        "first_time": ["09:00"],
        "turn_length": ["1"],
        "turn_unit": [TurnUnit.WEEKS],
        "people": [""],
    },
    most=MOST_LAYERS,
)


def layer_rows(now: datetime, zone: str) -> Rows:
    """The layers as rows; a new one hands off on this week's Monday in that zone."""
    first_date = _first_layer(now, zone)["first_date"]
    return replace(_ROWS, blank={**_ROWS.blank, "first_date": [first_date.isoformat()]})


@dataclass(frozen=True, slots=True)
class Choices:
    """What the selects of every layer offer; made once, since there may be many selects."""

    people: list[Group]
    days: Sequence[tuple[str, str | Promise]]
    until_days: Sequence[tuple[str, str | Promise]]


class ScheduleEditor:
    """The form of a schedule and those of its layers, filled from `data` or from `schedule`, or blank.

    `teams` are those to choose from for a new schedule.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        now: datetime,
        schedule: Schedule | None = None,
        teams: Any = None,
        zone: str = "UTC",
    ) -> None:
        self.schedule, self.now = schedule, now
        self.zone = schedule.time_zone if schedule else zone
        self.people = people_to_choose(**{"slots__layer__schedule": schedule} if schedule else {})
        initial = _initial(schedule) if schedule else {"time_zone": zone, "team": teams and teams.first()}
        # Members come first in the selects, so the teams' choice is needed before anything is valid.
        self.form = ScheduleForm(data, teams=teams, current_zone=self.zone, initial=initial)
        self.layers = self._bound(data) if data is not None else self._filled()

    def is_valid(self) -> bool:
        """Checks all forms, so that every message stands where it belongs at once."""
        refused = [form for form in (self.form, *self.layers) if not form.is_valid()]
        return not refused

    def is_drawable(self) -> bool:
        """Whether zone and layers stand; a name may still be missing."""
        wrong = [layer for layer in self.layers if not layer.is_valid()]
        return not wrong and not self.form["time_zone"].errors

    def hush(self) -> None:
        """Show what was typed without any message: rows are being edited, nothing was asked to be stored."""
        for form in (self.form, *self.layers):
            form.quiet = True

    def values(self) -> ScheduleValues:
        """Name, description and zone; after `is_valid`."""
        cleaned = self.form.cleaned_data
        return {key: cleaned[key] for key in ("name", "description", "time_zone")}  # type: ignore[return-value] # the keys are those

    def drafts(self) -> list[LayerDraft]:
        """The layers from low to high; after `is_valid`."""
        return [_draft(layer.cleaned_data, self.form.cleaned_data["time_zone"]) for layer in self.layers]

    def refuse(self, refused: Refused) -> None:
        """Put what an action said on its field."""
        form, name = self._place(refused.field)
        form.add_error(name if name in form.fields else None, refused.message)

    @cached_property
    def choices(self) -> Choices:
        """The options of the layers' selects."""
        team = self.schedule.team if self.schedule else None
        members = team.memberships.values_list("user_id", flat=True) if team else self._any_members()
        label = str(team) if team else str(_("My teams"))
        return Choices(self.people.groups(members, label), DAYS, UNTIL_DAYS)

    def _any_members(self) -> Any:
        teams = self.form.fields["team"]
        assert isinstance(teams, forms.ModelChoiceField)  # noqa: S101 - a new schedule chooses its team
        return User.objects.filter(memberships__team__in=teams.queryset or ()).values_list("pk", flat=True)

    def _place(self, field: str) -> tuple[forms.Form, str]:
        first, *rest = field.split(".")
        if first == "layers" and len(rest) == 2 and int(rest[0]) < len(self.layers):
            return self.layers[int(rest[0])], _FORM_FIELDS.get(rest[1], rest[1])
        return self.form, first

    def _bound(self, data: QueryDict) -> list[LayerForm]:
        return [self._layer(LayerForm(data, prefix=f"layer-{i}")) for i in range(_ROWS.count(data))]

    def _filled(self) -> list[LayerForm]:
        rows: list[dict[str, Any]] = (
            [_layer_initial(layer, self.zone) for layer in _layers(self.schedule)]
            if self.schedule
            else [_first_layer(self.now, self.zone)]
        )
        return [self._layer(LayerForm(initial=row, prefix=f"layer-{i}")) for i, row in enumerate(rows)]

    def _layer(self, form: LayerForm) -> LayerForm:
        people = form.fields["people"]
        assert isinstance(people, InOrder)  # noqa: S101 - says to mypy what stands above
        people.allowed = self.people.allowed
        return form


def _layers(schedule: Schedule) -> Any:
    return schedule.layers.prefetch_related("slots", "restrictions")


def _initial(schedule: Schedule) -> dict[str, Any]:
    return {key: getattr(schedule, key) for key in ("name", "description", "time_zone")}


def _first_layer(now: datetime, zone: str) -> dict[str, Any]:
    """Weekly from this week's Monday at nine: what most people want, and somebody is on call at once."""
    today = now.astimezone(load_zone(zone)).date()
    return {
        "first_date": today - timedelta(days=today.weekday()),
        "first_time": time(9),
        "turn_length": 1,
        "turn_unit": TurnUnit.WEEKS,
    }


def _layer_initial(layer: Layer, zone: str) -> dict[str, Any]:
    windows = [Restriction(each.start, each.duration, each.weekday) for each in layer.restrictions.all()]
    return {
        "id": layer.pk,
        "name": layer.name,
        "people": [slot.user_id for slot in layer.slots.all()],
        "first_date": layer.first_handoff_date,
        "first_time": layer.handoff_time,
        "turn_length": layer.turn_length,
        "turn_unit": layer.turn_unit,
        "windows": window_rows(windows),
        "starts_at": to_wall(layer.starts_at, load_zone(zone)),
        "ends_at": layer.ends_at and to_wall(layer.ends_at, load_zone(zone)),
    }


def _draft(cleaned: dict[str, Any], zone: str) -> LayerDraft:
    return LayerDraft(
        people=tuple(cleaned["people"]),
        first_handoff=datetime.combine(cleaned["first_date"], cleaned["first_time"]),
        turn_length=cleaned["turn_length"],
        turn_unit=cleaned["turn_unit"],
        name=cleaned["name"],
        restrictions=cleaned["windows"] or (),
        starts_at=_moment(cleaned["starts_at"], zone),
        ends_at=_moment(cleaned["ends_at"], zone),
        id=cleaned["id"],
    )


def _moment(wall: datetime | None, zone: str) -> datetime | None:
    return to_instant(wall, load_zone(zone)) if wall else None
