"""What a noise report is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import Service
from lib.intervals import Interval

DAYS = {"7": _("Last week"), "28": _("Last four weeks"), "91": _("Last quarter")}
USUAL = "28"


class NoiseForm(forms.Form):
    """Nonsense in the address is the last four weeks of everything, not an error."""

    days = forms.ChoiceField(label=_("Time"), choices=list(DAYS.items()), required=False)
    service = forms.ModelChoiceField(
        Service.objects.live().order_by("name"),
        label=_("Service"),
        to_field_name="slug",
        required=False,
        empty_label=_("All services"),
    )

    def asked(self, now: datetime) -> tuple[Interval, Service | None]:
        """The span that ends now, and the service, if one is named."""
        self.is_valid()
        days = int(self.cleaned_data.get("days") or USUAL)
        return Interval(now - timedelta(days=days), now), self.cleaned_data.get("service")
