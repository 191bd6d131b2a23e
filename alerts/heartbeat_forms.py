"""What people type about heartbeats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from alerts.expecting import LONGEST, LONGEST_CRON, LONGEST_GRACE, SHORTEST
from alerts.heartbeats import DEFAULT_GRACE, DEFAULT_PERIOD
from alerts.models import AlertSeverity, Heartbeat, HeartbeatState
from alerts.spans import SpanField
from catalog.models import Service

PERIOD, CRON = "period", "cron"
FIELDS = ("name", "rhythm", "period", "cron", "zone", "grace", "severity")


class HeartbeatSearch(forms.Form):
    """The filters of the list; nonsense in the address is an empty filter, not an error."""

    service = forms.SlugField(required=False)
    team = forms.SlugField(required=False)
    state = forms.ChoiceField(required=False, choices=HeartbeatState.choices)

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class HeartbeatForm(forms.Form):
    """A heartbeat as a manager describes it. `services` where the service is still to be chosen."""

    service = forms.ModelChoiceField(
        Service.objects.none(),
        label=_("Service"),
        empty_label=_("Choose whose people are paged"),
    )
    name = LineField(max_length=100, label=_("Name"), help_text=_("The job: Nightly backup, Invoices."))
    rhythm = forms.ChoiceField(
        label=_("A sign of life is expected"),
        choices=[(PERIOD, _("every so often")), (CRON, _("as a cron expression says"))],
        widget=forms.RadioSelect,
        initial=PERIOD,
    )
    period = SpanField(
        least=SHORTEST,
        most=LONGEST,
        required=False,
        initial=DEFAULT_PERIOD,
        label=_("Every"),
        help_text=_("Counted from the last one: 5 min, 1 h, 1 day."),
    )
    cron = LineField(
        max_length=LONGEST_CRON,
        required=False,
        label=_("Cron expression"),
        help_text=_("Copy it from the crontab: 0 2 * * * is every night at two."),
        widget=forms.TextInput(
            attrs={"placeholder": "0 2 * * *", "spellcheck": "false", "autocapitalize": "off"}
        ),
    )
    zone = ZoneField(label=_("On the clock of"), help_text=_("Where the job’s machine keeps its time."))
    grace = SpanField(
        least=timedelta(),
        most=LONGEST_GRACE,
        initial=DEFAULT_GRACE,
        label=_("Grace"),
        help_text=_("So much longer than usual it may take. Then it is late."),
    )
    severity = forms.ChoiceField(
        label=_("Severity when late"), choices=AlertSeverity.choices, initial=AlertSeverity.ERROR
    )

    def __init__(
        self,
        *args: Any,
        services: QuerySet[Service] | None = None,
        heartbeat: Heartbeat | None = None,
        zone: str = "UTC",
        service: Service | None = None,
        **kwargs: Any,
    ) -> None:
        initial = _initial(heartbeat) if heartbeat else {"zone": zone, "service": service}
        super().__init__(*args, **{"initial": initial, **kwargs})
        if services is None:
            del self.fields["service"]
            return
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        field.queryset = services

    def clean(self) -> dict[str, Any]:
        """Only what the chosen rhythm needs is kept."""
        given = super().clean() or {}
        rhythm = given.get("rhythm")
        if rhythm in (PERIOD, CRON) and not given.get(rhythm) and rhythm not in self.errors:
            self.add_error(rhythm, _("This is needed."))
        for other in {PERIOD, CRON} - {rhythm}:
            self.errors.pop(other, None)  # what is not asked for cannot be wrong
        return given

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        given = self.cleaned_data
        is_period = given["rhythm"] == PERIOD
        return {
            "name": given["name"],
            "period": given["period"] if is_period else None,
            "cron": "" if is_period else given["cron"],
            "zone": given["zone"],
            "grace": given["grace"],
            "severity": given["severity"],
        }


def _initial(row: Heartbeat) -> dict[str, Any]:
    return {
        "name": row.name,
        "rhythm": PERIOD if row.period is not None else CRON,
        "period": row.period,
        "cron": row.cron,
        "zone": row.zone,
        "grace": row.grace,
        "severity": row.severity,
    }
