"""A schedule with its layers in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypedDict

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from accounts.models import Team
from oncall.drafts import LayerDraft, Refused, draft_of
from oncall.forms.fields import DAYS, UNTIL_DAYS, Group, InOrder, QuietForm, people_to_choose
from oncall.forms.layers import LayerForm, initial_of, layer_rows
from oncall.models import Schedule
from oncall.revisions import last_of
from oncall.skipping import calendars

# What actions call these.
_FORM_FIELDS = {"first_handoff": "first_date", "restrictions": "windows"}
_KEPT = ("name", "description", "time_zone", "wants_secondary", "warns_of_gaps")


class ScheduleChoices(TypedDict):
    """What the actions take beside team and layers."""

    name: str
    description: str
    time_zone: str
    wants_secondary: bool
    warns_of_gaps: bool


class ScheduleForm(QuietForm):
    """The schedule itself; the team is chosen once, when it is made. `seen` is the number of the last change that the
    page was made of."""

    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), empty_label=None)
    name = LineField(max_length=80, label=_("Name"))
    description = LineField(max_length=300, required=False, label=_("What it is for"))
    time_zone = ZoneField()
    wants_secondary = forms.BooleanField(
        required=False,
        label=_("Two people at a time"),
        help_text=_("Reports tell where only one of primary and secondary is there."),
    )
    warns_of_gaps = forms.BooleanField(
        required=False,
        label=_("Mail the managers about gaps"),
        help_text=_("Every week, and again before a gap begins."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

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


@dataclass(frozen=True, slots=True)
class Choices:
    """What the selects of every layer offer; made once, since there may be many selects."""

    people: list[Group]
    days: Sequence[tuple[str, str | Promise]]
    until_days: Sequence[tuple[str, str | Promise]]


class ScheduleEditor:
    """The form of a schedule and those of its layers, filled from `data` or from `schedule`, or blank.

    `teams` are those to choose from for a new schedule, `team` the one that is chosen so far.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        now: datetime,
        schedule: Schedule | None = None,
        teams: Any = None,
        team: Team | None = None,
        zone: str = "UTC",
    ) -> None:
        self.schedule, self.now = schedule, now
        self.team = schedule.team if schedule else team
        self.zone = schedule.time_zone if schedule else zone
        self.stored = _stored(schedule) if schedule else []
        self.people = people_to_choose(**_standing(schedule))
        initial = _initial(schedule) if schedule else _blank(team, zone)
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

    def values(self) -> ScheduleChoices:
        """What stands in the form but the layers; after `is_valid`."""
        cleaned = self.form.cleaned_data
        return {key: cleaned[key] for key in _KEPT}  # type: ignore[return-value] # the keys are those

    def drafts(self) -> list[LayerDraft]:
        """The layers from low to high: as stored while nothing is typed, else after `is_valid`."""
        if not self.form.is_bound:
            return self.stored
        return [layer.draft(self.zone_name, self.zone, self.now) for layer in self.layers]

    @property
    def zone_name(self) -> str:
        """The zone in the form, once it is drawable."""
        return str(self.form.cleaned_data["time_zone"]) if self.form.is_bound else self.zone

    @property
    def wants_secondary(self) -> bool:
        """As ticked, whether or not the rest is in order."""
        return bool(self.form["wants_secondary"].value())

    @property
    def seen(self) -> int | None:
        """Of which change the page was made; after `is_valid`."""
        seen: int | None = self.form.cleaned_data.get("seen")
        return seen

    @property
    def changed_words(self) -> list[tuple[str | Promise, str, str]]:
        """What is typed about the schedule itself and was not so: label, before and after; after `is_valid`."""
        fields = [self.form[key] for key in self.form.changed_data if key in _KEPT]
        return [
            (each.label, _said(each.initial), _said(self.form.cleaned_data[each.name])) for each in fields
        ]

    def refuse(self, refused: Refused) -> None:
        """Put what an action said on its field."""
        form, name = self._place(refused.field)
        form.add_error(name if name in form.fields else None, refused.message)

    @cached_property
    def members(self) -> frozenset[int]:
        """Who is in the team, by id."""
        return (
            frozenset(self.team.memberships.values_list("user_id", flat=True)) if self.team else frozenset()
        )

    @cached_property
    def choices(self) -> Choices:
        """The options of the layers' selects."""
        people = self.people.groups(self.members, str(self.team or ""))
        return Choices(people, DAYS, UNTIL_DAYS)

    @property
    def calendars(self) -> list[tuple[str, str]]:
        """The calendars of holidays to offer: countries, and the parts of those that are typed already, since all parts
        of the world weigh more than the page."""
        typed = [str(layer["skip_holidays"].value() or "").upper() for layer in self.layers]
        countries = {code.partition("-")[0] for code in typed}
        return [each for each in calendars() if "-" not in each[0] or each[0].partition("-")[0] in countries]

    def _place(self, field: str) -> tuple[forms.Form, str]:
        first, *rest = field.split(".")
        if first == "layers" and len(rest) == 2 and int(rest[0]) < len(self.layers):
            return self.layers[int(rest[0])], _FORM_FIELDS.get(rest[1], rest[1])
        return self.form, first

    def _bound(self, data: QueryDict) -> list[LayerForm]:
        rows = layer_rows(self.now, self.zone)
        return [self._layer(LayerForm(data, prefix=f"layer-{i}")) for i in range(rows.count(data))]

    def _filled(self) -> list[LayerForm]:
        rows = [initial_of(draft, self.zone) for draft in self.stored]
        return [self._layer(LayerForm(initial=row, prefix=f"layer-{i}")) for i, row in enumerate(rows)]

    def _layer(self, form: LayerForm) -> LayerForm:
        people = form.fields["people"]
        assert isinstance(people, InOrder)  # noqa: S101 - says to mypy what stands above
        people.allowed = self.people.allowed
        number = str(form["id"].value() or "")
        form.stored = next((draft for draft in self.stored if str(draft.id) == number), None)
        return form


def _stored(schedule: Schedule) -> list[LayerDraft]:
    layers = schedule.layers.current().prefetch_related("slots__user", "restrictions")
    return [draft_of(layer) for layer in layers.order_by("position")]


def _standing(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    return {"slots__layer__in": schedule.layers.current()}


def _initial(schedule: Schedule) -> dict[str, Any]:
    last = last_of(schedule)
    return {**{key: getattr(schedule, key) for key in _KEPT}, "seen": last.number if last else 0}


def _blank(team: Team | None, zone: str) -> dict[str, Any]:
    return {"time_zone": zone, "team": team, "warns_of_gaps": True}


def _said(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return value or "–"
