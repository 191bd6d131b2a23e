"""Who takes over, joins or leaves, from when until when; several of these at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from lib.intervals import to_instant, to_wall
from oncall.drafts import MOST_OVERRIDES, OverrideDraft, Refused
from oncall.forms.fields import LocalMomentField, QuietForm, people_to_choose
from oncall.models import OverrideKind, Schedule
from oncall.rows import Rows

EVERYBODY, ONE = "everybody", "one"
KINDS = [
    (EVERYBODY, _("stands in for everybody")),
    (ONE, _("stands in for one person")),
    (OverrideKind.ADD.value, _("is on call too")),
    (OverrideKind.REMOVE.value, _("is not on call")),
]
ROWS = Rows("override", {}, {"kind": [EVERYBODY]}, most=MOST_OVERRIDES)


class OverrideForm(QuietForm):
    """One of the changes. Times are on the clock of `zone`."""

    user = forms.ChoiceField(label=_("Who"))
    kind = forms.ChoiceField(label=_("What they do"), choices=KINDS, widget=forms.RadioSelect)
    replaces = forms.ChoiceField(required=False, label=_("In place of"))
    starts_at = LocalMomentField(label=_("From"))
    ends_at = LocalMomentField(label=_("Until"))

    def __init__(self, *args: Any, people: dict[str, User], choices: Any, zone: ZoneInfo, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people, self.zone = people, zone
        for name in ("user", "replaces"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
            field.choices = [("", _("Choose a person")), *choices]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") == ONE and not cleaned.get("replaces"):
            self.add_error("replaces", _("Choose whom they stand in for."))
        return cleaned

    def draft(self, reason: str) -> OverrideDraft:
        """What was typed; after it was found valid."""
        typed = self.cleaned_data
        stands_in = typed["kind"] in {EVERYBODY, ONE}
        return OverrideDraft(
            self.people[typed["user"]],
            to_instant(typed["starts_at"], self.zone),
            to_instant(typed["ends_at"], self.zone),
            OverrideKind.REPLACE if stands_in else typed["kind"],
            self.people[typed["replaces"]] if typed["kind"] == ONE else None,
            reason,
        )


class ReasonForm(QuietForm):
    """Why, once for all of them."""

    reason = LineField(
        max_length=200, required=False, label=_("Reason"), help_text=_("Such as: holiday, swap, dentist.")
    )


class OverrideEditor:
    """The rows of the form and the reason, as `data` says."""

    def __init__(self, data: QueryDict, *, schedule: Schedule, zone: ZoneInfo) -> None:
        people = people_to_choose()
        members = schedule.team.memberships.values_list("user_id", flat=True)
        choices = people.groups(members, str(schedule.team))
        self.about = ReasonForm(data)
        self.rows = [
            OverrideForm(
                data, prefix=f"{ROWS.prefix}-{number}", people=people.allowed, choices=choices, zone=zone
            )
            for number in range(ROWS.count(data))
        ]

    def is_valid(self) -> bool:
        """Checks all rows, so that every message stands where it belongs at once."""
        return not [form for form in (self.about, *self.rows) if not form.is_valid()]

    def hush(self) -> None:
        """Show what was typed without any message: nothing was asked to be stored."""
        for form in (self.about, *self.rows):
            form.quiet = True

    def drafts(self) -> list[OverrideDraft]:
        """In their order; after `is_valid`."""
        return [row.draft(self.about.cleaned_data["reason"]) for row in self.rows]

    def refuse(self, refused: Refused) -> None:
        """Put what an action said on its field."""
        place, _dot, field = refused.field.rpartition(".")
        form = self.rows[int(place)] if place.isdecimal() and int(place) < len(self.rows) else self.about
        form.add_error(field if field in form.fields else None, refused.message)


@dataclass(frozen=True, slots=True)
class Clicked:
    """A shift or a gap of which the form is opened; `replaces` is the id of whose shift it is, in one role."""

    start: datetime | None
    end: datetime | None
    replaces: str

    def form(self, user: User | None, zone: ZoneInfo, now: datetime) -> QueryDict:
        """What the form holds then: `user` stands in, from now on when it has begun."""
        row = {"user": str(user.pk) if user else "", "kind": EVERYBODY}
        if self.replaces.isdecimal():
            row |= {"kind": ONE, "replaces": self.replaces}
        if row["user"] == self.replaces:
            row["user"] = ""
        if self.start:
            row["starts_at"] = _typed(max(self.start, now), zone)
        if self.end:
            row["ends_at"] = _typed(self.end, zone)
        return ROWS.written(QueryDict(mutable=True), [{key: [value] for key, value in row.items()}])


def _typed(moment: datetime, zone: ZoneInfo) -> str:
    wall = to_wall(moment, zone)
    return f"{wall.replace(second=0, microsecond=0):%Y-%m-%dT%H:%M}"
