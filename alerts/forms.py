"""What people type about integrations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from alerts.sources.registry import KINDS
from catalog.models import Service


class IntegrationSearch(forms.Form):
    """The filters of the list; nonsense in the address is an empty filter, not an error."""

    service = forms.SlugField(required=False)
    team = forms.SlugField(required=False)

    def chosen(self) -> dict[str, Any]:
        """What can be made sense of."""
        self.is_valid()
        return self.cleaned_data


class IntegrationForm(forms.Form):
    """A new door for one tool's events. `services` are those that its maker may change."""

    kind = forms.ChoiceField(label=_("What sends the events"), widget=forms.RadioSelect)
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
        kind, service = self.fields["kind"], self.fields["service"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
        assert isinstance(service, forms.ModelChoiceField)  # noqa: S101 - the same
        kind.choices = [(each.name, f"{each.label} – {each.about}") for each in KINDS.values()]
        service.queryset = services


class RenameForm(forms.Form):
    """Another name for an integration."""

    name = LineField(max_length=80, label=_("Name"))
