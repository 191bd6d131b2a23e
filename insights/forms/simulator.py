"""A question about paging as people ask it, on the clock of a zone that the address of the answer names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from incidents.models import Severity
from insights.simulator import Question
from lib.intervals import to_instant, to_wall
from notifications.models import Urgency
from oncall.coverage import Away, Override, OverrideKind
from oncall.forms.fields import LocalMomentField, people_to_choose
from oncall.models import EscalationPolicy, Schedule
from oncall.targets import WhatIf

NEWEST = 2**62
"""A what-if lies over every override that is stored."""
AS_LONG = timedelta(days=90)
"""A what-if without an end outlasts the answer."""
WHAT_IFS = frozenset(
    {"policy", "schedule", "user", "kind", "starts", "ends", "away", "away_starts", "away_ends"}
)
SEVERITIES = [
    *((str(value), label) for value, label in Severity.choices),
    (Urgency.HIGH.value, _("Alert, not declared yet")),
    (Urgency.LOW.value, _("Alert of low urgency")),
]
KINDS = [
    (OverrideKind.REPLACE.value, _("is on call alone")),
    (OverrideKind.ADD.value, _("is on call too")),
    (OverrideKind.REMOVE.value, _("is not on call")),
]


if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[Any]
else:
    _Choice = forms.ModelChoiceField


class _Owned(_Choice):
    """Things of several teams may have one name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.team}"


class SimulatorForm(forms.Form):
    """Times are on the clock of `zone`; `question` has instants."""

    service = forms.ModelChoiceField(
        Service.objects.live(),
        to_field_name="slug",
        empty_label=None,
        label=_("Service"),
        error_messages={"invalid_choice": _("There is no such service. Choose one from the list.")},
    )
    severity = forms.ChoiceField(choices=SEVERITIES, label=_("Severity"))
    at = LocalMomentField(label=_("Moment"))
    policy = _Owned(
        EscalationPolicy.objects.select_related("team").order_by("team__name", "name"),
        required=False,
        empty_label=_("The service’s own"),
        label=_("Escalation policy"),
    )
    schedule = _Owned(
        Schedule.objects.select_related("team").order_by("team__name", "name"),
        required=False,
        empty_label=_("No override"),
        label=_("In schedule"),
    )
    user = forms.ChoiceField(required=False, label=_("Person"))
    kind = forms.ChoiceField(choices=KINDS, required=False, label=_("What if they"))
    starts = LocalMomentField(required=False, label=_("From"), help_text=_("Empty: from the moment on."))
    ends = LocalMomentField(required=False, label=_("Until"), help_text=_("Empty: to the end."))
    away = forms.ChoiceField(required=False, label=_("Who is away"))
    away_starts = LocalMomentField(required=False, label=_("From"))
    away_ends = LocalMomentField(required=False, label=_("Until"))

    def __init__(self, data: Mapping[str, Any] | None = None, *, zone: ZoneInfo) -> None:
        super().__init__(data)
        self.zone = zone
        people = people_to_choose()
        self.people = people.allowed
        for name in ("user", "away"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
            field.choices = [("", _("Nobody")), *((key, str(user)) for key, user in self.people.items())]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("at", "starts", "ends", "away_starts", "away_ends"):
            if cleaned.get(name):
                cleaned[name] = to_instant(cleaned[name], self.zone)
        if bool(cleaned.get("schedule")) != bool(cleaned.get("user")):
            missing = "user" if cleaned.get("schedule") else "schedule"
            self.add_error(missing, _("An override needs a schedule and a person."))
        for start, end in (("starts", "ends"), ("away_starts", "away_ends")):
            self._check_order(cleaned, start, end)
        return cleaned

    def _check_order(self, cleaned: Mapping[str, Any], start: str, end: str) -> None:
        begins, ends = cleaned.get(start) or cleaned.get("at"), cleaned.get(end)
        if begins and ends and ends <= begins:
            self.add_error(end, _("The end must be after the start."))

    @property
    def question(self) -> Question:
        """Of a valid form."""
        cleaned = self.cleaned_data
        declared = cleaned["severity"].isdigit()
        return Question(
            service=cleaned["service"],
            at=cleaned["at"],
            severity=int(cleaned["severity"]) if declared else None,
            urgency=Urgency.HIGH if declared else cleaned["severity"],
            policy=cleaned["policy"],
            what_if=self._what_if(),
        )

    @property
    def supposed(self) -> list[str]:
        """The what-ifs of a valid form, in words."""
        cleaned, found = self.cleaned_data, list[str]()
        if cleaned["policy"] and cleaned["policy"].pk != cleaned["service"].policy_id:
            found.append(_("What if it paged by %(policy)s?") % {"policy": cleaned["policy"]})
        if cleaned["schedule"]:
            kinds = {key: str(words) for key, words in KINDS}
            names = {
                "name": self.people[cleaned["user"]],
                "does": kinds[cleaned["kind"] or OverrideKind.REPLACE.value],
                "schedule": cleaned["schedule"],
            }
            found.append(_("What if %(name)s %(does)s in %(schedule)s?") % names)
        if cleaned["away"]:
            found.append(_("What if %(name)s is away?") % {"name": self.people[cleaned["away"]]})
        return found

    def _what_if(self) -> WhatIf:
        cleaned = self.cleaned_data
        overrides: tuple[tuple[int, Override], ...] = ()
        if cleaned["schedule"]:
            start, end = self._span("starts", "ends")
            kind = OverrideKind(cleaned["kind"] or OverrideKind.REPLACE)
            override = Override(0, start, end, self.people[cleaned["user"]].pk, NEWEST, kind=kind)
            overrides = ((cleaned["schedule"].pk, override),)
        absences: tuple[Away, ...] = ()
        if cleaned["away"]:
            absences = (Away(self.people[cleaned["away"]].pk, *self._span("away_starts", "away_ends")),)
        return WhatIf(overrides, absences)

    def _span(self, start: str, end: str) -> tuple[datetime, datetime]:
        begins = self.cleaned_data[start] or self.cleaned_data["at"]
        return begins, self.cleaned_data[end] or begins + AS_LONG


def local(at: datetime, zone: ZoneInfo) -> str:
    """As <input type="datetime-local"> has it."""
    return f"{to_wall(at, zone):%Y-%m-%dT%H:%M}"
