"""What people fill in about being on call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from insights.actions import LONGEST_REMARK
from insights.models import HandoffNote


class RemarkForm(forms.Form):
    """The remark, and the one that stood there when the page was made."""

    remark = forms.CharField(
        label=_("What should whoever takes over know?"),
        required=False,
        max_length=LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Markdown. It then stands above the facts."),
    )
    before = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, note: HandoffNote) -> None:
        super().__init__(data, initial={"remark": note.remark, "before": note.remark})


class MailChoiceForm(forms.Form):
    """Which regular mails somebody wants; uncovered hours are for those who manage a team."""

    handoff_notes = forms.BooleanField(
        label=_("Hand-off notes"), required=False, help_text=_("When a shift of mine begins.")
    )
    coverage_reports = forms.BooleanField(
        label=_("Uncovered hours"),
        required=False,
        help_text=_("On Mondays, for the teams that I manage, when something is uncovered."),
    )

    def __init__(self, *args: Any, manages: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not manages:
            del self.fields["coverage_reports"]
