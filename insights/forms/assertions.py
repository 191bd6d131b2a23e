"""An assertion about paging: when, about what, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from accounts.models import Team, User
from catalog.models import Service
from incidents.models import Severity
from insights import assertions
from insights.assertions import Expectation
from insights.models import Assertion
from lib.intervals import load_zone, to_instant, to_wall
from notifications import transports
from oncall.drafts import Refused
from oncall.forms.fields import WEEKDAYS, LocalMomentField, people_to_choose

_MINUTES: dict[str, Any] = {"min_value": 0, "max_value": 30 * 24 * 60, "decimal_places": 2, "required": False}
_DAYS = [("", _("Any day")), *((str(day), name) for day, name in enumerate(WEEKDAYS))]
_FIELDS = {
    "at": "at",
    "expect.paged.anyone_of": "anyone_of",
    "expect.paged.team": "paged_team",
    "expect.paged.within": "within",
    "expect.paged.by": "by",
    "expect.paged": "anyone_of",
    "expect.first_page_within": "first_page_within",
    "expect.not_paged": "not_paged",
}


class AssertionForm(forms.Form):
    """Times are on the clock of `time_zone`."""

    name = LineField(
        max_length=120, label=_("Name"), help_text=_("Such as: Payments wakes somebody on Sundays.")
    )
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), empty_label=None)
    service = forms.ModelChoiceField(Service.objects.live(), label=_("Service"), empty_label=None)
    severity = forms.TypedChoiceField(
        choices=[("", _("Alert, not declared yet")), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("Severity"),
    )
    when = forms.ChoiceField(
        choices=[("next", _("Each time that clocks show")), ("at", _("At one moment"))],
        widget=forms.RadioSelect,
        initial="next",
        label=_("When"),
    )
    weekday = forms.TypedChoiceField(
        choices=_DAYS, coerce=int, empty_value=None, required=False, label=_("On")
    )
    local_time = forms.TimeField(
        required=False,
        label=_("At"),
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    at = LocalMomentField(required=False, label=_("The moment"))
    time_zone = ZoneField(help_text=_("The clock of these times."))
    anyone_of = forms.MultipleChoiceField(
        required=False,
        label=_("One of these people is paged"),
        widget=forms.CheckboxSelectMultiple,
    )
    paged_team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, empty_label="–", label=_("Or somebody of the team")
    )
    within = forms.DecimalField(**_MINUTES, label=_("Within minutes"), help_text=_("Empty: at all."))
    by = forms.ChoiceField(required=False, label=_("By"))
    first_page_within = forms.DecimalField(**_MINUTES, label=_("Somebody is paged within minutes"))
    not_paged = forms.MultipleChoiceField(
        required=False,
        label=_("None of these is paged"),
        widget=forms.CheckboxSelectMultiple,
    )
    never_empty = forms.BooleanField(
        required=False,
        label=_("No step is empty"),
        help_text=_("None is passed over, held or replaced by the fallback because it has nobody."),
    )

    def __init__(self, *args: Any, teams: Any, named: frozenset[int] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("team").queryset = teams
        people = people_to_choose(pk__in=named)
        pairs = [(key, str(user)) for key, user in people.allowed.items()]
        choices: dict[str, list[tuple[str, Any]]] = {
            "anyone_of": pairs,
            "not_paged": pairs,
            "by": [("", _("any way")), *((each.name, each.title) for each in transports.every())],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
            field.choices = offered

    def _choose(self, name: str) -> forms.ModelChoiceField[Any]:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        return field

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        needed = "at" if cleaned.get("when") == "at" else "local_time"
        if needed not in self.errors and not cleaned.get(needed):
            self.add_error(needed, _("Say when."))
        if cleaned.get("anyone_of") and cleaned.get("paged_team"):
            self.add_error("paged_team", _("Name people or a team, not both."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Of a valid form: what the action takes."""
        cleaned = self.cleaned_data
        keys = ("name", "team", "service", "severity", "time_zone")
        return {key: cleaned[key] for key in keys} | self._moment() | {"expect": self._expect()}

    def _moment(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned["when"] == "at":
            return {"at": to_instant(cleaned["at"], load_zone(cleaned["time_zone"]))}
        return {"weekday": cleaned["weekday"], "local_time": cleaned["local_time"]}

    def _expect(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return assertions.written(
            Expectation(
                anyone_of=tuple(int(each) for each in cleaned["anyone_of"]),
                team=cleaned["paged_team"].slug if cleaned["paged_team"] else "",
                within=_seconds(cleaned["within"]),
                by=cleaned["by"],
                never_empty=cleaned["never_empty"],
                first_page_within=_seconds(cleaned["first_page_within"]),
                not_paged=tuple(int(each) for each in cleaned["not_paged"]),
            )
        )

    def refuse(self, refused: Refused) -> None:
        """What the action refuses, on the field that it is about."""
        field = refused.field if refused.field in self.fields else _FIELDS.get(refused.field)
        self.add_error(field, refused.message)


def _seconds(minutes: Any) -> int | None:
    return None if minutes is None else int(minutes * 60)


def _minutes(seconds: int | None) -> float | int | None:
    return None if seconds is None else seconds // 60 if seconds % 60 == 0 else round(seconds / 60, 2)


def typed(row: Assertion) -> dict[str, Any]:
    """Initial values of a stored assertion, or of one to be."""
    expected = assertions.read(row.expect) if row.expect else Expectation()
    return {
        "name": row.name,
        "team": row.team_id,
        "service": row.service_id,
        "severity": row.severity,
        "when": "at" if row.at else "next",
        "weekday": row.weekday,
        "local_time": row.local_time,
        "at": to_wall(row.at, load_zone(row.time_zone)) if row.at else None,
        "time_zone": row.time_zone,
        **_expected(expected),
    }


def _expected(expected: Expectation) -> dict[str, Any]:
    team = Team.objects.filter(slug=expected.team).first() if expected.team else None
    return {
        "anyone_of": [str(each) for each in expected.anyone_of],
        "paged_team": team,
        "within": _minutes(expected.within),
        "by": expected.by,
        "first_page_within": _minutes(expected.first_page_within),
        "not_paged": [str(each) for each in expected.not_paged],
        "never_empty": expected.never_empty,
    }


def named_in(expect: Mapping[str, Any]) -> frozenset[int]:
    """The ids of all people in a stored expectation."""
    people = (*expect.get("paged", {}).get("anyone_of", ()), *expect.get("not_paged", ()))
    return (
        frozenset(User.objects.filter(pk__in=people).values_list("pk", flat=True)) if people else frozenset()
    )
