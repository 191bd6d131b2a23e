"""What people choose when they merge incidents or split one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField

LARGEST_ID = 2**63 - 1
MOST_ALERTS = 1000


class NumbersField(forms.MultipleChoiceField):
    """Ids of rows, whichever there are; what they belong to is checked by the action."""

    def validate(self, value: Any) -> None:
        """Raises ValidationError."""
        if not value or len(value) > MOST_ALERTS or not all(map(_is_id, value)):
            raise forms.ValidationError(_("Choose from the list."), code="invalid_choice")

    def clean(self, value: Any) -> list[int]:
        """The ids as numbers."""
        return [int(each) for each in super().clean(value)]


class MergeForm(forms.Form):
    """Into which incident."""

    into = forms.IntegerField(min_value=1, max_value=LARGEST_ID, label=_("Incident number"))


class SplitForm(forms.Form):
    """Which alerts go, under which title, and whether that pages."""

    alerts = NumbersField()
    title = LineField(max_length=300, required=False, label=_("Title"))
    page = forms.BooleanField(required=False, label=_("Page for it"))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:20]) <= LARGEST_ID
