"""What is drilled, how long it waits, and when it comes again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.fields import zone_choices
from accounts.models import User
from oncall.drafts import Refused
from oncall.drills.access import drillable_people, drillable_policies
from oncall.forms.absences import DayField, HourField
from oncall.models import EscalationPolicy, Rhythm

POLICY, PERSON = "policy", "person"
WAITS = [
    (5, _("5 minutes")),
    (15, _("15 minutes")),
    (30, _("30 minutes")),
    (60, _("an hour")),
    (240, _("4 hours")),
]


class SubjectForm(forms.Form):
    """A policy or a person, of those whom `actor` may drill: "policy:3", "person:9"."""

    what = forms.ChoiceField(label=_("Whom"))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policies, self.people = drillable_policies(actor), drillable_people(actor)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
        field.choices = [("", _("Choose a policy or a person")), *_groups(self.policies, self.people, actor)]

    def subject(self) -> dict[str, Any]:
        """As `policy` or `user`, for the actions; of a valid form."""
        kind, _colon, number = self.cleaned_data["what"].partition(":")
        if kind == POLICY:
            return {"policy": self.policies.get(pk=number)}
        return {"user": self.people.get(pk=number)}

    def refuse(self, refused: Refused) -> None:
        """Put the words of an action on the field that they are about."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)


def _groups(
    policies: QuerySet[EscalationPolicy], people: QuerySet[User], actor: User
) -> list[tuple[Any, Any]]:
    named = [(f"{POLICY}:{each.pk}", f"{each.name} ({each.team})") for each in policies]
    own = [(f"{PERSON}:{actor.pk}", _("Myself"))]
    others = [(f"{PERSON}:{each.pk}", str(each)) for each in people if each.pk != actor.pk]
    policies_group = [(_("Everybody whom a policy would page now"), named)] if named else []
    return [*policies_group, (_("One person"), own + others)]


class StartForm(SubjectForm):
    """A drill that begins at once."""

    minutes = forms.TypedChoiceField(label=_("Wait for answers"), choices=WAITS, coerce=int, initial=30)

    def values(self) -> dict[str, Any]:
        """For the action; of a valid form."""
        return {**self.subject(), "lasts": timedelta(minutes=self.cleaned_data["minutes"])}


class PlanForm(SubjectForm):
    """A drill that comes again."""

    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices, initial=Rhythm.MONTHLY)
    first_on = DayField(label=_("First on"))
    at = HourField(label=_("At"))
    zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
        field.choices, field.initial = zone_choices(zone), zone

    def values(self) -> dict[str, Any]:
        """For the action; of a valid form."""
        names = ("rhythm", "first_on", "at", "zone")
        return {**self.subject(), **{name: self.cleaned_data[name] for name in names}}
