"""Who takes over a shift, from when until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from lib.intervals import to_instant, to_wall
from oncall.forms.fields import LocalMomentField, people_groups
from oncall.models import Schedule


class _Person(forms.ModelChoiceField):
    """Members of the team first."""

    def group(self, schedule: Schedule) -> None:
        people = User.objects.responders().order_by("name", "id")
        self.queryset = people
        members = schedule.team.memberships.values_list("user_id", flat=True)
        blank = [("", str(self.empty_label or ""))]
        self.choices = [*blank, *people_groups(people, members, str(schedule.team))]


class OverrideForm(forms.Form):
    """Times are on the clock of `zone`; `moments()` has them as instants."""

    user = _Person(User.objects.none(), label=_("Who is on call"), empty_label=_("Choose a person"))
    starts_at = LocalMomentField(label=_("From"))
    ends_at = LocalMomentField(label=_("Until"))
    replaces = _Person(
        User.objects.none(),
        required=False,
        label=_("In place of"),
        empty_label=_("Everybody who is on call then"),
    )
    reason = LineField(
        max_length=200, required=False, label=_("Reason"), help_text=_("Such as: holiday, swap, dentist.")
    )

    def __init__(self, *args: Any, schedule: Schedule, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        for name in ("user", "replaces"):
            field = self.fields[name]
            assert isinstance(field, _Person)  # noqa: S101 - says to mypy what stands above
            field.group(schedule)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
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
