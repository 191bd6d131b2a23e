"""Who takes over a shift, from when until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from lib.intervals import to_instant, to_wall
from oncall.forms.fields import LocalMomentField, people_to_choose
from oncall.models import Schedule


class OverrideForm(forms.Form):
    """Times are on the clock of `zone`; cleaned they are instants."""

    user = forms.ChoiceField(label=_("Who is on call"))
    starts_at = LocalMomentField(label=_("From"))
    ends_at = LocalMomentField(label=_("Until"))
    replaces = forms.ChoiceField(required=False, label=_("In place of"))
    reason = LineField(
        max_length=200, required=False, label=_("Reason"), help_text=_("Such as: holiday, swap, dentist.")
    )

    def __init__(self, *args: Any, schedule: Schedule, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        people = people_to_choose()
        self.people = people.allowed
        members = schedule.team.memberships.values_list("user_id", flat=True)
        groups = people.groups(members, str(schedule.team))
        for name, blank in (("user", _("Choose a person")), ("replaces", _("Everybody who is on call then"))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
            field.choices = [("", blank), *groups]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("user", "replaces"):
            cleaned[name] = self.people.get(cleaned.get(name, ""))
        for name in ("starts_at", "ends_at"):
            if cleaned.get(name):
                cleaned[name] = to_instant(cleaned[name], self.zone)
        return cleaned


def prefilled(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> dict[str, datetime | None]:
    """Initial values for a shift that was clicked."""
    return {
        "starts_at": to_wall(start, zone) if start else None,
        "ends_at": to_wall(end, zone) if end else None,
    }
