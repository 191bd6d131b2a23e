"""What people type about mappings and replays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from alerts.actions.replay import MOST
from alerts.sources.generic.expressions import LONGEST
from alerts.sources.generic.mapping import SLOTS, problems, told
from lib.intervals import instant

LABELS = {
    "items": (
        _("Items"),
        _("The list whose entries are one alert each. Empty: the body is one, or a list of them."),
    ),
    "resolved": (_("Ends when"), _("true where the alert is over: status == 'ok'")),
    "acknowledged": (_("Acknowledged when"), _("true where somebody has it: status == 'ack'")),
    "action": (_("Or a word for what happened"), _("firing, acknowledged, resolved and their like")),
    "dedup_key": (_("Dedup key"), _("The same for the beginning and the end of one condition.")),
    "summary": (_("Summary"), _("What is wrong, in one line.")),
    "severity": (_("Severity"), _("critical, error, warning, info, or another tool’s word")),
    "source": (_("Source"), _("The host or instance.")),
    "rule": (_("Rule"), _("What the tool calls the check.")),
    "service": (_("Service"), _("A name that routes and the settings can find a service by.")),
    "labels": (_("Labels"), _("An object of names and values: {env: env, team: owner.team}")),
    "links": (_("Links"), _("An address, or a list of them.")),
    "happened_at": (_("Happened at"), _("ISO 8601 or an epoch number.")),
}
MONO: dict[str, str] = {
    "spellcheck": "false",
    "autocapitalize": "off",
    "autocomplete": "off",
    "class": "form-control mono",
}


class MappingForm(forms.Form):
    """An expression for each slot, and a body to try them on. An expression that cannot be read is the slot's error."""

    payload = forms.CharField(
        required=False,
        max_length=settings.INTAKE_MAX_BYTES,
        strip=False,
        label=_("Body to try it on"),
        widget=forms.Textarea(attrs={**MONO, "rows": "14"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slot in SLOTS:
            label, help_text = LABELS[slot]
            widget = forms.TextInput(attrs=dict(MONO))
            self.fields[slot] = forms.CharField(
                required=False, max_length=LONGEST, label=label, help_text=help_text, widget=widget
            )

    def clean(self) -> dict[str, Any]:
        """Errors with their place in the expression."""
        given = super().clean() or self.cleaned_data
        for slot, error in problems(self.mapping).items():
            self.add_error(slot, told(error))
        return given

    @property
    def mapping(self) -> dict[str, str]:
        """The expressions that were written, also those that cannot be read."""
        return {slot: given for slot in SLOTS if (given := str(self.cleaned_data.get(slot) or "").strip())}


class ReplayForm(forms.Form):
    """Which of the newest events go through again."""

    most = forms.IntegerField(
        min_value=1,
        max_value=MOST,
        initial=10,
        label=_("How many, from the newest back"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    since = forms.DateTimeField(
        required=False,
        label=_("But none from before"),
        help_text=_("On your clock. Empty: however old they are."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_since(self) -> datetime | None:
        """In UTC; what lies beyond its calendar is refused here and not by the database."""
        since: datetime | None = self.cleaned_data["since"]
        if since is None:
            return None
        try:
            return instant(since)
        except ValueError as error:
            raise forms.ValidationError(_("This moment is beyond the calendar.")) from error
