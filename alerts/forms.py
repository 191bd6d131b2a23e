"""What people type about integrations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from alerts.actions.integrations import (
    LARGEST_LIMIT,
    LONGEST_FIELD,
    LONGEST_SECRET,
    LONGEST_STALE,
    SERVICE_FROM,
    SHORTEST_STALE,
)
from alerts.heartbeats import CREATES
from alerts.models import AlertSeverity, Integration
from alerts.queries_alerts import PLACES, STATES
from alerts.sources.email.loops import TAKES_AUTOMATIC
from alerts.sources.registry import KINDS
from alerts.spans import SpanField
from catalog.models import Service

# The kinds by which pings of any name may come in.
PINGED = ("heartbeat", "opsgenie")
# The kinds that take mails.
MAILED = ("email", "esp")


class IntegrationSearch(forms.Form):
    """The filters of the list; nonsense in the address is an empty filter, not an error."""

    service = forms.SlugField(required=False)
    team = forms.SlugField(required=False)

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class AlertSearch(forms.Form):
    """The filters of the alerts; nonsense in the address is an empty filter, not an error."""

    state = forms.ChoiceField(required=False, choices=STATES)
    place = forms.ChoiceField(required=False, choices=[(name, label) for name, (label, _q) in PLACES.items()])
    severity = forms.ChoiceField(required=False, choices=AlertSeverity.choices)
    service = forms.SlugField(required=False)
    team = forms.SlugField(required=False)
    q = LineField(required=False, max_length=100)

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class IntegrationForm(forms.Form):
    """A new door for one tool's events. `services` are those that its maker may change."""

    service = forms.ModelChoiceField(
        Service.objects.none(),
        label=_("Service"),
        empty_label=_("Choose whose people are paged"),
        help_text=_("Its alerts open incidents on this service and page by its escalation policy."),
    )
    name = LineField(
        max_length=80,
        label=_("Name"),
        help_text=_("Which sender this is: Prometheus Frankfurt, Nightly jobs."),
    )

    def __init__(self, *args: Any, services: QuerySet[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service = self.fields["service"]
        assert isinstance(service, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        service.queryset = services


class SettingsForm(forms.Form):
    """What may be set of an integration. A secret is never shown again: an empty field keeps it."""

    name = LineField(max_length=80, label=_("Name"))
    service_from = LineField(
        max_length=LONGEST_FIELD,
        required=False,
        label=_("The service is named by"),
        help_text=_(
            "A field of the alert whose value is a service’s slug, name or alias: labels.service, details.app, "
            "component. Empty, or where nothing is found: this integration’s service."
        ),
        widget=forms.TextInput(
            attrs={"placeholder": "labels.service", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    stale_after = SpanField(
        least=SHORTEST_STALE,
        most=LONGEST_STALE,
        required=False,
        label=_("An alert ends after silence of"),
        help_text=_(
            "When it is not repeated for so long: 30 min, 4 h. It says so. Empty: only as the tool says."
        ),
    )
    limit_per_minute = forms.IntegerField(
        min_value=1,
        max_value=LARGEST_LIMIT,
        required=False,
        label=_("Most events a minute"),
        help_text=_(
            "What is beyond it is counted and sampled, its sender is told to come back later, and the service’s people "
            "hear of it. Empty: as much as this installation bears."
        ),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    create_heartbeats = forms.BooleanField(
        required=False,
        label=_("Unknown names make heartbeats"),
        help_text=_("The first ping of a name that is not known yet makes a heartbeat, expected daily."),
    )
    automatic = forms.BooleanField(
        required=False,
        label=_("Take automatic mails"),
        help_text=_(
            "What cron and monitoring write calls itself automatic. Automatic answers are never taken."
        ),
    )
    secret = forms.CharField(
        max_length=LONGEST_SECRET,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    forget_secret = forms.BooleanField(required=False, label=_("Forget the secret"))

    def __init__(self, *args: Any, integration: Integration, **kwargs: Any) -> None:
        options = integration.options
        initial = {
            **{name: getattr(integration, name) for name in ("name", "stale_after", "limit_per_minute")},
            **{name: options.get(name) for name in (SERVICE_FROM, CREATES, TAKES_AUTOMATIC)},
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        kind = KINDS.get(integration.kind)
        if integration.kind not in PINGED:
            del self.fields[CREATES]
        if integration.kind not in MAILED:
            del self.fields[TAKES_AUTOMATIC]
        if kind is None or not kind.secret:
            del self.fields["secret"], self.fields["forget_secret"]
            return
        self.fields["secret"].label = str(kind.secret)
        self.fields["secret"].help_text = (
            _("One is set and is checked on every request. Write another to replace it; empty keeps it.")
            if integration.secret_sealed
            else _("What the tool signs with, copied from there. Without one, signatures are not checked.")
        )
        if not integration.secret_sealed:
            del self.fields["forget_secret"]

    def values(self) -> dict[str, Any]:
        """What the action takes: a secret only where it changes."""
        given = dict(self.cleaned_data)
        secret, forgets = given.pop("secret", ""), given.pop("forget_secret", False)
        if secret or forgets:
            given["secret"] = secret
        return given
