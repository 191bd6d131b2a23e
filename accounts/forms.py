"""What people type about people, teams and tokens."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from accounts.models import Role, Team, TeamRole, User
from lib.intervals import to_instant

LONGEST_TOKEN_LIFE = timedelta(days=3660)


class PeopleSearch(forms.Form):
    """The filters of the people list; nonsense in the address is an empty filter, not an error."""

    q = forms.CharField(required=False, max_length=100, label=_("Search people"))
    gone = forms.BooleanField(required=False, label=_("Deactivated"))

    def text(self) -> str:
        return str(self.cleaned_data.get("q") or "") if self.is_valid() else ""

    def shows_gone(self) -> bool:
        return self.is_valid() and bool(self.cleaned_data["gone"])


class ProfileForm(forms.Form):
    """What a person may change about themselves."""

    name = LineField(max_length=120, label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = ZoneField()

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": person.name, "time_zone": person.time_zone}, **kwargs})
        self.fields["time_zone"] = ZoneField(current=person.time_zone)


class PersonForm(forms.Form):
    """What an admin may change about a person."""

    name = LineField(max_length=120, label=_("Name"))
    role = forms.ChoiceField(
        choices=Role.choices,
        label=_("Role"),
        help_text=_("A viewer reads, a responder acts and can be paged, an admin may do everything."),
    )
    time_zone = ZoneField()
    is_active = forms.BooleanField(
        required=False,
        label=_("Active"),
        help_text=_("Off: cannot sign in, is not paged, tokens stop working."),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        initial = {name: getattr(person, name) for name in ("name", "role", "time_zone", "is_active")}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["time_zone"] = ZoneField(
            current=person.time_zone,
            help_text=_("Times are shown, and this person’s rules run, on this clock."),
        )


class InviteForm(forms.Form):
    """A person who shall join."""

    email = forms.EmailField(
        max_length=254, label=_("E-mail"), help_text=_("They sign in and are first reached by it.")
    )
    name = LineField(max_length=120, label=_("Name"))
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.RESPONDER,
        label=_("Role"),
        help_text=_("A viewer reads, a responder acts and can be paged, an admin may do everything."),
    )
    time_zone = ZoneField(initial="UTC", help_text=_("They can change it when they join."))

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Somebody with this address is already here."), code="taken")
        return email


class TeamForm(forms.Form):
    """A team's name and what it is for."""

    name = LineField(max_length=80, label=_("Name"))
    description = LineField(max_length=300, required=False, label=_("What it looks after"))

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        self.team = team
        initial = {"name": team.name, "description": team.description} if team else {}
        super().__init__(*args, **{"initial": initial, **kwargs})

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Team.objects.exclude(pk=self.team.pk) if self.team else Team.objects.all()
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("There is a team of this name."), code="taken")
        return name


class MemberForm(forms.Form):
    """Somebody who joins a team."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Person"), empty_label=_("Choose a person"))
    role = forms.ChoiceField(choices=TeamRole.choices, initial=TeamRole.MEMBER, label=_("Role in the team"))

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["user"]
        assert isinstance(people, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        people.queryset = User.objects.active().exclude(memberships__team=team)


class MemberRoleForm(forms.Form):
    """What a member is in the team."""

    role = forms.ChoiceField(choices=TeamRole.choices, label=_("Role in the team"))


class TokenForm(forms.Form):
    """A new API token. `expires_at()` is the end of the chosen day on its person's clock."""

    name = LineField(max_length=80, label=_("Name"), help_text=_("What will use it: a deploy job, a script."))
    read_only = forms.BooleanField(required=False, label=_("May only read"))
    expires_on = forms.DateField(
        required=False,
        label=_("Last day"),
        help_text=_("Empty: it works until you revoke it."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, person: User, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = person.zone
        self.today = now.astimezone(self.zone).date()

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day and not self.today <= day <= self.today + LONGEST_TOKEN_LIFE:
            raise forms.ValidationError(
                _("Choose a day from today on, at most ten years ahead."), code="out_of_range"
            )
        return day

    def expires_at(self) -> datetime | None:
        day: date | None = self.cleaned_data["expires_on"]
        return to_instant(datetime.combine(day + timedelta(days=1), time()), self.zone) if day else None
