"""What is asked of the Operations pages by their address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications import transports
from notifications.models import DeliveryKind, DeliveryState
from notifications.punctuality import Span
from notifications.queries import title_of

LARGEST_NUMBER = 10**9


def _methods() -> list[tuple[str, str]]:
    return [("", str(_("Any method"))), *((name, str(title_of(name))) for name in transports.NAMES)]


class LedgerFilter(forms.Form):
    """The filters of the ledger; nonsense in the address is an empty filter, not an error."""

    person = forms.ModelChoiceField(
        User.objects.order_by("name", "id"), label=_("Person"), required=False, empty_label=_("Anybody")
    )
    method = forms.ChoiceField(label=_("Method"), choices=_methods, required=False)
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("Any state")), *DeliveryState.choices], required=False
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("Any kind")), *DeliveryKind.choices], required=False
    )
    incident = forms.IntegerField(label=_("Incident"), required=False, min_value=1, max_value=LARGEST_NUMBER)

    def asked(self) -> dict[str, Any]:
        """By name, what is valid of it."""
        self.is_valid()
        return self.cleaned_data


class SpanForm(forms.Form):
    """How far back the histograms look."""

    range = forms.ChoiceField(choices=[(span.value, span.value) for span in Span], required=False)

    def span(self) -> Span:
        """The last hour unless told otherwise."""
        return Span(self.cleaned_data["range"] or Span.HOUR) if self.is_valid() else Span.HOUR
