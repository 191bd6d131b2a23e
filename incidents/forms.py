"""What people type about incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from catalog.models import Service
from incidents.models import EntryKind, Impact, Incident, Phase, RoleName, Severity
from incidents.queries.board import UNASSESSED
from notifications.transports.base import Transport

MEANING = {
    Severity.SEV1: _("Customers cannot work, or data is at risk"),
    Severity.SEV2: _("A main part is broken for many"),
    Severity.SEV3: _("Degraded, or a few are affected"),
    Severity.SEV4: _("Small; can wait for working hours"),
}
KINDS = [
    (EntryKind.NOTE, _("Note")),
    (EntryKind.ACTION, _("Action")),
    (EntryKind.HYPOTHESIS, _("Hypothesis")),
    (EntryKind.DECISION, _("Decision")),
]
STATES = [("open", _("Open")), ("closed", _("Closed")), ("all", _("All"))]


class IncidentSearch(forms.Form):
    """The filters of the list; nonsense in the address is an empty filter, not an error."""

    q = forms.CharField(required=False, max_length=200)
    state = forms.ChoiceField(required=False, choices=STATES)
    service = forms.SlugField(required=False)
    team = forms.SlugField(required=False)
    severity = forms.ChoiceField(required=False, choices=[*Severity.choices, (UNASSESSED, _("None yet"))])
    mine = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class MomentField(forms.Field):
    """A time on the reader's clock, as `<input type="datetime-local">` sends it; gives an aware instant.

    A time that clocks repeat in autumn is read as the later of the two, unless that is still to come.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        """Raises ValidationError for what is no time."""
        if not value:
            return None
        try:
            typed = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise ValidationError(_("Write a date and a time."), code="invalid") from error
        if not 1970 <= typed.year <= 2199:  # beyond, other zones' clocks run out of calendar
            raise ValidationError(_("Write a date and a time."), code="invalid")
        local = typed.replace(tzinfo=typed.tzinfo or timezone.get_current_timezone())
        later = local.replace(fold=1)
        return later if later <= timezone.now() else local


class NoteForm(forms.Form):
    """A line for the timeline."""

    text = forms.CharField(
        max_length=20_000,
        label=_("What happened, what you did, what you think"),
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "placeholder": _("What you see, what you did, what you think. Markdown works."),
            }
        ),
    )
    kind = forms.ChoiceField(
        choices=KINDS,
        initial=EntryKind.NOTE,
        required=False,
        label=_("Kind"),
        widget=forms.RadioSelect,
    )
    happened_at = MomentField(required=False, label=_("It happened at"))

    def clean_kind(self) -> str:
        """A note unless told otherwise."""
        return self.cleaned_data["kind"] or EntryKind.NOTE


class UpdateForm(forms.Form):
    """Where it stands, for colleagues or for customers."""

    phase = forms.ChoiceField(choices=Phase.choices, label=_("Phase"))
    impact = forms.ChoiceField(choices=Impact.choices, label=_("Customer impact"))
    body = forms.CharField(
        max_length=10_000,
        label=_("What customers should know"),
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "placeholder": _("What does not work, for whom, and when you will write again."),
            }
        ),
    )
    is_public = forms.BooleanField(required=False, initial=True, label=_("Show it on the status page"))


class DeclareForm(forms.Form):
    """How bad a triaged incident is, and who leads; the person who declares unless somebody is named."""

    severity = forms.TypedChoiceField(choices=Severity.choices, coerce=int)
    commander = forms.ModelChoiceField(User.objects.responders(), required=False)


class RoleForm(forms.Form):
    """Who takes which role."""

    role = forms.ChoiceField(choices=RoleName.choices)
    user = forms.ModelChoiceField(User.objects.responders())


class EditForm(forms.Form):
    """Title, summary and severity as they should read. A severity that was given can be changed, not taken back."""

    title = LineField(max_length=300, label=_("Title"), help_text=_("What is down, in one line."))
    severity = forms.TypedChoiceField(
        coerce=int, empty_value=None, label=_("Severity"), widget=forms.RadioSelect
    )
    summary = forms.CharField(
        required=False,
        max_length=10_000,
        label=_("Summary"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What is known so far, for whoever joins now. Markdown works."),
    )

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        initial = {name: getattr(incident, name) for name in ("title", "severity", "summary")}
        super().__init__(*args, **{"initial": initial, **kwargs})
        undecided = [] if incident.severity else [("", _("Not assessed yet"))]
        severity = self.fields["severity"]
        assert isinstance(severity, forms.TypedChoiceField)  # noqa: S101 - says to mypy what stands above
        severity.choices = [*undecided, *_severities()]
        severity.required = not undecided


class NewForm(forms.Form):
    """An incident that a person declares. `key` makes a second press of the button the same incident."""

    service = forms.ModelChoiceField(
        Service.objects.live(), label=_("Service"), empty_label=_("Choose what is affected")
    )
    title = LineField(
        max_length=300,
        label=_("Title"),
        widget=forms.TextInput(attrs={"placeholder": _("Checkout answers 502 in Europe")}),
    )
    severity = forms.TypedChoiceField(
        coerce=int, choices=[], initial=Severity.SEV2, label=_("Severity"), widget=forms.RadioSelect
    )
    summary = forms.CharField(
        required=False,
        max_length=10_000,
        label=_("What is known so far"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    page = forms.BooleanField(required=False, initial=True, label=_("Page whoever is on call"))
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, initial=lambda: uuid4().hex)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        severity = self.fields["severity"]
        assert isinstance(severity, forms.TypedChoiceField)  # noqa: S101 - says to mypy what stands above
        severity.choices = _severities()


def _severities() -> list[tuple[int, str]]:
    return [(level.value, f"{level.label}: {MEANING[level]}") for level in Severity]


class RoomForm(forms.Form):
    """A chat room by one transport, which says itself what an address looks like."""

    address = LineField(max_length=500)
    label = LineField(
        max_length=60,
        required=False,
        label=_("Name"),
        help_text=_("As people know the room: #payments. Empty: its address."),
    )

    def __init__(self, *args: Any, transport: Transport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.transport = transport
        self.fields["address"].label = str(transport.room_label or transport.address_label)
        self.fields["address"].help_text = str(transport.room_help or transport.address_help)

    def clean_address(self) -> str:
        address = self.transport.clean_room(str(self.cleaned_data["address"]))
        if len(address) > 500:
            raise ValidationError(_("This address is too long."))
        return address
