"""What people type about routes and mutes: conditions row by row, and what a route makes of an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from alerts.actions.integrations import LONGEST_STALE, SHORTEST_STALE
from alerts.actions.routes import LONGEST_PAUSE, SHORTEST_PAUSE
from alerts.condition_words import OP_CHOICES, is_named, matcher_of, typed
from alerts.matching import LONGEST_VALUE, MOST_MATCHERS, BadMatcher
from alerts.models import AlertSeverity, Outcome, Route
from alerts.route_words import sentence
from alerts.spans import SpanField
from catalog.models import Service

PREFIX = "c"
DO, ADD, DROP, TRY = "do", "add", "drop-", "try"
"""What the form's buttons are called, and say: one more row, one less ("drop-2"), try it out. Else it is saved."""


class ConditionForm(forms.Form):
    """One condition; a row without a field and a value counts for nothing."""

    field = LineField(
        max_length=140,
        required=False,
        label=_("Field"),
        widget=forms.TextInput(
            attrs={
                "list": "condition-fields",
                "placeholder": "labels.team",
                "spellcheck": "false",
                "autocapitalize": "off",
                "autocomplete": "off",
            }
        ),
    )
    op = forms.ChoiceField(choices=OP_CHOICES, required=False, label=_("Comparison"))
    value = LineField(max_length=LONGEST_VALUE, required=False, label=_("Value"))

    def clean(self) -> dict[str, Any]:
        """Adds `matcher`, None for an empty row."""
        given = super().clean() or {}
        name, value = given.get("field", ""), given.get("value", "")
        given["matcher"] = None
        if not self.errors and name:
            try:
                given["matcher"] = matcher_of(name, given.get("op") or "=", value)
            except BadMatcher as bad:
                self.add_error("value" if is_named(name) else "field", str(bad))
        elif value and not name:
            self.add_error("field", _now("Which field is this about?"))
        return given


_Set = forms.formset_factory(ConditionForm, extra=1, max_num=MOST_MATCHERS, absolute_max=MOST_MATCHERS + 10)


class Conditions(_Set):  # type: ignore[misc,valid-type] # formset_factory's class is made at run time
    """The rows. `matchers` are those that stand there at first."""

    def __init__(self, data: QueryDict | None, matchers: Sequence[Mapping[str, Any]] = ()) -> None:
        initial = [dict(zip(("field", "op", "value"), typed(each), strict=True)) for each in matchers]
        super().__init__(_asked(data), prefix=PREFIX, initial=initial)

    def matchers(self) -> list[dict[str, Any]]:
        """Those that were typed, of valid rows."""
        return [found for form in self.forms if (found := form.cleaned_data.get("matcher"))]


def _asked(data: QueryDict | None) -> QueryDict | None:
    """What was sent, with one more row or with one emptied where a button asked for that."""
    if data is None or not only_asks(data):
        return data
    data, asked = data.copy(), str(data[DO])
    count = data.get(f"{PREFIX}-TOTAL_FORMS", "")
    if asked == ADD and count.isascii() and count.isdigit() and len(count) < 4:
        data[f"{PREFIX}-TOTAL_FORMS"] = str(min(int(count) + 1, MOST_MATCHERS))
    for name in ("field", "value"):
        if asked.startswith(DROP):
            data[f"{PREFIX}-{asked.removeprefix(DROP)[:4]}-{name}"] = ""
    return data


def only_asks(data: Mapping[str, Any]) -> bool:
    """Whether a button asked only for more or fewer rows."""
    return data.get(DO) == ADD or str(data.get(DO, "")).startswith(DROP)


def only_tries(data: Mapping[str, Any]) -> bool:
    """Whether a button asked to try it out, or to show what would come."""
    return data.get(DO) == TRY


def hush(*forms_: forms.BaseForm) -> None:
    """Shown as typed, without complaints about what is not finished."""
    for form in forms_:
        form._errors = ErrorDict()  # type: ignore[attr-defined] # Django has no other way to show what was typed


class RouteForm(forms.Form):
    """What a route makes of an alert."""

    name = LineField(
        max_length=80, required=False, label=_("Name"), help_text=_("Empty: its conditions are its name.")
    )
    service = forms.ModelChoiceField(
        Service.objects.none(),
        required=False,
        label=_("Service"),
        empty_label=_("As it would be: the integration’s"),
    )
    service_from = LineField(
        max_length=120,
        required=False,
        label=_("Service named by a field"),
        help_text=_(
            "Its value is a service’s name, address or alias; where it is none, the one beside this counts."
        ),
        widget=forms.TextInput(
            attrs={"list": "condition-fields", "placeholder": "labels.service", "autocapitalize": "off"}
        ),
    )
    outcome = forms.ChoiceField(
        choices=Outcome.choices, initial=Outcome.PAGE, label=_("Becomes"), widget=forms.RadioSelect
    )
    severity = forms.ChoiceField(
        choices=[("", _("As the alert says")), *AlertSeverity.choices], required=False, label=_("Severity")
    )
    urgency = forms.ChoiceField(
        choices=[("", _("As the severity says")), ("high", _("High")), ("low", _("Low"))],
        required=False,
        label=_("Urgency"),
    )
    pause = SpanField(
        least=SHORTEST_PAUSE,
        most=LONGEST_PAUSE,
        required=False,
        label=_("Wait before paging"),
        help_text=_("60 s, 5 min. What resolves by itself in that time pages nobody."),
    )
    stale_after = SpanField(
        least=SHORTEST_STALE,
        most=LONGEST_STALE,
        required=False,
        label=_("Ends after silence"),
        help_text=_("2 h, 1 day. Empty: as the integration says."),
    )
    is_enabled = forms.BooleanField(required=False, initial=True, label=_("In use"))

    def __init__(self, *args: Any, route: Route | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(route) if route else {}, **kwargs})
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        field.queryset = Service.objects.live()

    def values(self, matchers: list[dict[str, Any]]) -> dict[str, Any]:
        """What the actions take."""
        found = {**self.cleaned_data, "matchers": matchers}
        found["name"] = found["name"] or _named(found)
        return found


def _named(values: Mapping[str, Any]) -> str:
    text = sentence(Route(**values))
    return text if len(text) <= 80 else f"{text[:79].rstrip()}…"


def _initial(route: Route) -> dict[str, Any]:
    plain = ("name", "service_from", "outcome", "severity", "urgency", "pause", "stale_after", "is_enabled")
    return {**{name: getattr(route, name) for name in plain}, "service": route.service_id}
