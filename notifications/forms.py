"""What people type about how they are reached, and how they join."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from accounts.models import User
from notifications.actions.rules import LONGEST_DELAY
from notifications.models import ContactMethod, Urgency
from notifications.providers import CLEAR, Declared, Field
from notifications.transports.base import Transport


class MethodForm(forms.Form):
    """An address for one transport, which says itself what an address looks like."""

    address = LineField(max_length=500)
    label = LineField(
        max_length=60, required=False, label=_("Name"), help_text=_("To tell it apart: Work, Phone at home.")
    )

    def __init__(self, *args: Any, transport: Transport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.transport = transport
        self.fields["address"].label = str(transport.address_label)
        self.fields["address"].help_text = str(transport.address_help)

    def clean_address(self) -> str:
        address = self.transport.clean_address(str(self.cleaned_data["address"]))
        if len(address) > 500:
            raise ValidationError(_("This address is too long."))
        return address


class CodeForm(forms.Form):
    """The six digits that came by the method; spaces and dashes between them are left out."""

    code = forms.CharField(
        max_length=20,
        label=_("Code"),
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "pattern": "[0-9 \\-]*",
                "autofocus": True,
            }
        ),
    )

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", str(self.cleaned_data["code"]))
        if not re.fullmatch("[0-9]{6}", code):
            raise ValidationError(_("The code has six digits."))
        return code


class DelayForm(forms.Form):
    """How long after a page is due, in minutes; `delay()` gives it as a duration."""

    minutes = forms.IntegerField(
        min_value=0,
        max_value=int(LONGEST_DELAY.total_seconds()) // 60,
        initial=0,
        label=_("After minutes"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def delay(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["minutes"])


class RuleForm(DelayForm):
    """A method of mine that works, and when it is used."""

    method = forms.ModelChoiceField(ContactMethod.objects.none(), label=_("Tell me by"), empty_label=None)
    field_order = ["method", "minutes"]

    def __init__(self, *args: Any, person: User, urgency: str, **kwargs: Any) -> None:
        # Two of these stand on one page: the prefix keeps their fields apart.
        super().__init__(*args, **{"prefix": urgency, **kwargs})
        self.urgency = Urgency(urgency)
        methods = self.fields["method"]
        assert isinstance(methods, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        methods.queryset = ContactMethod.objects.usable().filter(user=person)


class ThrottleForm(forms.Form):
    """At most one message in so many seconds; empty leaves it to the channel."""

    seconds = forms.IntegerField(
        min_value=0,
        max_value=3600,
        required=False,
        label=_("At most one message in seconds"),
        help_text=_(
            "The first page always goes at once; those that follow are told together, with their number."
        ),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def throttle(self) -> timedelta | None:
        seconds = self.cleaned_data["seconds"]
        return None if seconds is None else timedelta(seconds=seconds)


class QuietForm(forms.Form):
    """From when until when, on the person's own clock."""

    starts = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("Until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    weekends = forms.BooleanField(label=_("All day on Saturday and Sunday"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "starts" in cleaned and cleaned["starts"] == cleaned.get("ends"):
            self.add_error("ends", _("Quiet hours that begin when they end would be never or always."))
        return cleaned


class WelcomeForm(forms.Form):
    """What an invited person says about themselves, and their first password."""

    name = LineField(max_length=120, label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = ZoneField()
    password = forms.CharField(
        max_length=1000,
        strip=False,
        label=_("Password"),
        help_text=_("At least ten characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        max_length=1000,
        strip=False,
        label=_("Password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": person.name, "time_zone": person.time_zone}, **kwargs})
        self.person = person

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.person)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in cleaned and "again" in cleaned and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        return cleaned


class ProviderForm(forms.Form):
    """Empty secrets mean: as before; one that is not needed can be forgotten. `known` are the values that stand."""

    def __init__(self, *args: Any, about: Declared, known: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in about.fields:
            self.fields[field.name] = _made(field, known)
            if field.kind == "secret" and not field.required and known.get(field.name):
                label = _("Forget it: %(label)s") % {"label": field.label}
                self.fields[CLEAR + field.name] = forms.BooleanField(label=label, required=False)


def _made(field: Field, known: Mapping[str, str]) -> forms.Field:
    is_kept = field.kind == "secret" and bool(known.get(field.name))
    common: dict[str, Any] = {
        "label": str(field.label),
        "help_text": str(field.help),
        "required": field.required and not is_kept and not field.default,
    }
    if field.kind == "secret":
        help_text = _("It is kept. Leave this empty unless it changes.") if is_kept else field.help
        widget = forms.PasswordInput(attrs={"autocomplete": "off"})
        return forms.CharField(max_length=4000, widget=widget, **{**common, "help_text": str(help_text)})
    initial = known.get(field.name, field.default)
    if field.kind == "choice":
        choices = [(value, str(label)) for value, label in field.choices]
        # It always has a value, so to call it optional would mean nothing.
        return forms.ChoiceField(choices=choices, initial=initial, **{**common, "required": field.required})
    if field.kind == "long":
        area = forms.Textarea(attrs={"rows": 6})
        return forms.CharField(max_length=8000, initial=initial, widget=area, **common)
    if field.kind == "number":
        return forms.IntegerField(initial=initial, **common)
    if field.kind == "url":
        return forms.URLField(max_length=1000, initial=initial, assume_scheme="https", **common)
    return LineField(max_length=1000, initial=initial, **common)
