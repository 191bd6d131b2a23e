"""What people fill in about status pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.zones import zone_names
from catalog.models import Service
from lib.text import clean
from statuspage.actions import RESERVED_SLUGS
from statuspage.models import Component, ComponentStatus, StatusPage


class PageForm(forms.Form):
    """A page's words. The address is asked for once, when the page is made."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What customers call you."))
    slug = forms.SlugField(
        label=_("Address"),
        max_length=60,
        help_text=_("The page stands at /status/<address>/. It stays as it is."),
    )
    headline = forms.CharField(
        label=_("Text above the systems"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Markdown. For what customers should always read here."),
    )
    support_url = forms.URLField(
        label=_("Where customers get help"), required=False, max_length=500, assume_scheme="https"
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Of the times and days on the page."))
    is_default = forms.BooleanField(label=_("Show this page at /status/"), required=False)

    def __init__(self, *args: Any, page: StatusPage | None = None, **kwargs: Any) -> None:
        initial = {"time_zone": "UTC"} | (_values(page) if page else {})
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101 - declared above
        # A zone that was chosen under an older name stays choosable.
        zone.choices = [(name, name) for name in dict.fromkeys([*zone_names(), str(initial["time_zone"])])]
        if page:
            del self.fields["slug"]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise forms.ValidationError(_("This address is used by Tocsin itself."))
        return slug


def _values(page: StatusPage) -> dict[str, object]:
    return {
        name: getattr(page, name) for name in ("name", "headline", "support_url", "time_zone", "is_default")
    }


class ComponentForm(forms.Form):
    """A component's words, its services and, if need be, a status set by hand."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("In customers' words."))
    description = forms.CharField(label=_("Description"), max_length=300, required=False)
    group = forms.CharField(
        label=_("Group"),
        max_length=80,
        required=False,
        help_text=_("Systems of one group stand together under its name."),
    )
    services = forms.ModelMultipleChoiceField(
        label=_("Services behind it"),
        queryset=Service.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Public updates of their incidents appear on the page and set this system's status."),
    )
    status_override = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("From the incidents")), *ComponentStatus.choices],
        help_text=_("A status set by hand stays until you change it back."),
    )

    def __init__(self, *args: Any, component: Component | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _shown(component) if component else None
        super().__init__(*args, **kwargs)
        services = self.fields["services"]
        assert isinstance(services, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        services.queryset = Service.objects.live() | Service.objects.filter(components=component)
        services.queryset = services.queryset.distinct()

    def clean_name(self) -> str:
        name = clean(self.cleaned_data["name"], 80).strip()
        if not name:
            raise forms.ValidationError(_("Give it a name that people can read."))
        return name


def _shown(component: Component) -> dict[str, object]:
    return {
        "name": component.name,
        "description": component.description,
        "group": component.group,
        "services": component.services.all(),
        "status_override": component.status_override or "",
    }
