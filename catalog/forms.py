"""What people type about services."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, validate_line
from accounts.models import Team
from catalog.actions import LONGEST_WAIT
from catalog.models import ChangeKind, Grouping, Service, Tier
from oncall.models import EscalationPolicy


class ServiceSearch(forms.Form):
    """The filters of the list; nonsense in the address is an empty filter, not an error."""

    q = forms.CharField(required=False, max_length=100, label=_("Search services"))
    team = forms.SlugField(required=False, label=_("Team"))
    tier = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("All tiers")), *Tier.choices],
        label=_("Criticality"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    archived = forms.BooleanField(required=False, label=_("Archived"))

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class MinutesField(forms.IntegerField):
    """Whole minutes as a duration; empty is None, which switches off."""

    def __init__(self, **kwargs: Any) -> None:
        limits = {"min_value": 1, "max_value": int(LONGEST_WAIT.total_seconds()) // 60}
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        super().__init__(**{"required": False, "widget": widget, **limits, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return int(value.total_seconds()) // 60 if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> Any:
        minutes = super().clean(value)
        return None if minutes is None else timedelta(minutes=minutes)


class NamesField(forms.CharField):
    """Names with commas between them, as a list."""

    default_validators = [validate_line]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return [name for each in super().clean(value).split(",") if (name := each.strip())]


class ServiceForm(forms.Form):
    """A service as its team's manager describes it. `service` is the one that is changed."""

    name = LineField(max_length=80, label=_("Name"), help_text=_("What people say: Payments API, Search."))
    description = LineField(max_length=300, required=False, label=_("What it does"))
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Owner"), empty_label=None)
    tier = forms.TypedChoiceField(
        coerce=int, choices=Tier.choices, initial=Tier.STANDARD, label=_("Criticality")
    )
    policy = forms.ModelChoiceField(
        EscalationPolicy.objects.none(),
        label=_("Escalation policy"),
        empty_label=_("Choose who is paged"),
        help_text=_("Who is paged for it, and who next when nobody answers."),
    )
    runbook_url = forms.URLField(
        required=False,
        max_length=500,
        assume_scheme="https",
        label=_("Runbook"),
        help_text=_("An address that a responder opens at night."),
    )
    depends_on = forms.ModelMultipleChoiceField(
        Service.objects.none(),
        required=False,
        label=_("Depends on"),
        widget=forms.CheckboxSelectMultiple,
    )
    grouping = forms.ChoiceField(
        choices=Grouping.choices, initial=Grouping.SERVICE, label=_("Incidents from alerts")
    )
    group_labels = NamesField(
        required=False,
        max_length=1000,
        label=_("Group by these labels"),
        help_text=_("With commas: region, env. For the grouping by labels."),
    )
    group_window = MinutesField(
        label=_("Join within minutes"),
        help_text=_(
            "An alert joins an open incident whose last alert came this recently. Empty: however old."
        ),
    )
    joins_parents = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Join what it depends on"),
        help_text=_("While a service that this one depends on is down, its alerts join that incident."),
    )
    aliases = NamesField(
        required=False,
        max_length=4000,
        label=_("Other names"),
        help_text=_("As tools call it, with commas: payments-api, pay_prod. Routes find it by them."),
    )
    auto_resolve = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Resolve by itself"),
        help_text=_(
            "When all alerts of an incident resolve before it was declared, the incident resolves too."
        ),
    )
    remind_after = MinutesField(
        label=_("Remind after minutes"),
        help_text=_(
            "Whoever acknowledged is asked whether they are still on it, again and again. Empty: never."
        ),
    )
    ack_lasts = MinutesField(
        label=_("An acknowledgement lasts, minutes"),
        help_text=_("Pages again when nothing was declared or resolved by then. Empty: for good."),
    )

    def __init__(self, *args: Any, teams: Any, service: Service | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(service) if service else {}, **kwargs})
        services = Service.objects.live()
        policies = EscalationPolicy.objects.select_related("team").order_by("team__name", "name")
        for name, rows in (
            ("team", teams),
            ("policy", policies),
            ("depends_on", services.exclude(pk=service.pk) if service else services),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
            field.queryset = rows


def _initial(service: Service) -> dict[str, Any]:
    plain = (
        *("name", "description", "team", "tier", "policy", "runbook_url", "grouping", "auto_resolve"),
        *("remind_after", "ack_lasts", "group_labels", "group_window", "joins_parents"),
    )
    return {
        **{name: getattr(service, name) for name in plain},
        "depends_on": list(service.depends_on.values_list("pk", flat=True)),
        "aliases": list(service.aliases.values_list("name", flat=True)),
    }


class ChangeSearch(forms.Form):
    """The filter of a service's changes; nonsense in the address is an empty filter, not an error."""

    kind = forms.ChoiceField(required=False, choices=ChangeKind.choices)
    below = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class ChangeForm(forms.Form):
    """A change that a person tells about. Times are on the clock of `zone`."""

    summary = LineField(
        max_length=1024,
        label=_("What was changed"),
        help_text=_("In one line: Deployed 4.2, Raised the limit to 500."),
    )
    kind = forms.ChoiceField(choices=ChangeKind.choices, initial=ChangeKind.CONFIG, label=_("Kind"))
    happened_at = forms.DateTimeField(
        required=False,
        label=_("When"),
        help_text=_("Empty: just now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    url = forms.URLField(required=False, max_length=500, assume_scheme="https", label=_("Link"))

    def moment(self) -> datetime | None:
        """The instant that was typed."""
        found: datetime | None = self.cleaned_data.get("happened_at")
        return found
