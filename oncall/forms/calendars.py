"""What people type about calendars that are read and offered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import Team, User
from lib.secrets import digest
from oncall.calendars.fetching import clean_url
from oncall.models import CalendarFeed, FeedPurpose, Schedule

LONGEST_URL = 2000


class CalendarUrlField(forms.CharField):
    """https://, http:// or webcal://, which is https:// by another name."""

    widget = forms.TextInput(
        attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
    )
    default_error_messages = {"invalid": _("Write the whole address, such as https://example.org/rota.ics.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_URL, **kwargs)

    def clean(self, value: Any) -> str:
        url = clean_url(super().clean(value))
        if not url:
            return ""
        try:
            URLValidator(schemes=["http", "https"])(url)
        except ValidationError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        return url


class FeedForm(forms.Form):
    """A calendar to be read for a schedule, or without one for when somebody is away. `seen` says which calendar was
    shown to whoever adds it; the preview sets it."""

    name = LineField(max_length=80, label=_("Name"), help_text=_("What people here call it."))
    url = CalendarUrlField(
        label=_("Address"),
        help_text=_(
            "The address for subscribing, often ending in .ics. In Google Calendar it is the “secret address in iCal"
            " format”, in Outlook the published ICS link, in Apple Calendar the public calendar’s link. It is kept"
            " encrypted."
        ),
    )
    purpose = forms.ChoiceField(
        widget=forms.RadioSelect,
        label=_("Its events are"),
        initial=FeedPurpose.LAYER,
        choices=[each for each in FeedPurpose.choices if each[0] != FeedPurpose.ABSENCES],
    )

    def __init__(
        self, *args: Any, schedule: Schedule | None, feed: CalendarFeed | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **{"initial": {"name": feed.name} if feed else {}, **kwargs})
        if schedule is None or feed is not None:
            del self.fields["purpose"]
        if feed is not None:
            self.fields["url"].required = False
            self.fields["url"].label = _("Another address")
            self.fields["url"].help_text = _("Leave it empty to go on reading the one that is stored.")

    def meaning(self) -> str:
        """Only of a valid form."""
        return str(self.cleaned_data.get("purpose", FeedPurpose.ABSENCES))

    def mark(self) -> str:
        """Names what was looked at, so that nothing else is stored than what somebody has seen."""
        return digest(f"{self.cleaned_data['url']} {self.meaning()}")


class LinkForm(forms.Form):
    """Whose shifts to subscribe to: "me", "schedule:3", "team:2"."""

    what = forms.ChoiceField(label=_("Shifts of"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schedules = {f"schedule:{each.pk}": each for each in Schedule.objects.select_related("team")}
        self._teams = {
            f"team:{each.pk}": each for each in Team.objects.filter(schedules__isnull=False).distinct()
        }
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
        field.choices = [
            ("me", _("Mine, in every schedule")),
            (_("A team, all its schedules"), [(key, str(each)) for key, each in self._teams.items()]),
            (_("A schedule"), [(key, f"{each.team} · {each}") for key, each in self._schedules.items()]),
        ]

    def schedule(self) -> Schedule | None:
        """Whose shifts, if it is one schedule. Only of a valid form."""
        return self._schedules.get(self.cleaned_data["what"])

    def team(self) -> Team | None:
        """Whose schedules' shifts, if it is a team. Only of a valid form."""
        return self._teams.get(self.cleaned_data["what"])
