"""One step in the editor of a policy: whom it pages, when it applies, and the wait after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.zones import validate_zone, zone_names
from oncall.conditions import ALWAYS, UNDECLARED, Condition, InvalidCondition, OnHolidays, Otherwise
from oncall.drafts import Aim, StepDraft
from oncall.forms.fields import Group, HolidaysField, InOrder, QuietForm, WindowRow, WindowsField, window_rows
from oncall.models import Schedule, Which
from oncall.skipping import LONGEST_CODE, calendars

WINDOW_KEYS = ("windows-day", "windows-start", "windows-until_day", "windows-until")
SEVERITIES = [
    *((str(number), f"SEV{number}") for number in range(1, 5)),
    (str(UNDECLARED), _("not declared yet")),
]
TIERS = [(str(number), str(number)) for number in range(1, 5)]
URGENCIES = [("high", _("high")), ("low", _("low"))]
ON_HOLIDAYS = [
    (OnHolidays.NEVER, _("are outside its hours")),
    (OnHolidays.ONLY, _("are the only days on which it applies")),
]
OTHERWISE = [
    (Otherwise.SKIP, _("go on to the next step at once")),
    (Otherwise.WAIT, _("wait until they begin")),
]
# How a select names whom of a schedule to page.
WHICH = {
    "schedule": Which.PRIMARY,
    "secondary": Which.SECONDARY,
    "everybody": Which.ALL,
    "round_robin": Which.ROUND_ROBIN,
}
_PREFIX = {which: prefix for prefix, which in WHICH.items()}


class ClockField(forms.CharField):
    """A time zone of the tz database, however it is spelt in capitals; or none."""

    default_validators = [validate_zone]

    def to_python(self, value: Any) -> str:
        typed = str(super().to_python(value) or "").replace(" ", "_")
        return next((name for name in zone_names() if name.casefold() == typed.casefold()), typed)


class StepForm(QuietForm):
    """A step. Empty conditions mean always; an empty clock is each responder's own.

    `known` are the uids of the policy's steps: who sends another makes a new step. `options` are those of the select
    of a target, as they are drawn for one that is picked.
    """

    uid = forms.CharField(required=False, widget=forms.HiddenInput)
    targets = InOrder(
        label=_("Page"), error_messages={"required": _("Name somebody to page in this step, or remove it.")}
    )
    delay = forms.DecimalField(
        min_value=0, max_value=7 * 24 * 60, decimal_places=2, label=_("Minutes until the next step")
    )
    severities = forms.MultipleChoiceField(
        required=False, choices=SEVERITIES, widget=forms.CheckboxSelectMultiple, label=_("Only for severity")
    )
    tiers = forms.MultipleChoiceField(
        required=False,
        choices=TIERS,
        widget=forms.CheckboxSelectMultiple,
        label=_("Only for services of tier"),
    )
    urgencies = forms.MultipleChoiceField(
        required=False, choices=URGENCIES, widget=forms.CheckboxSelectMultiple, label=_("Only for urgency")
    )
    windows = WindowsField(required=False, label=_("Only at these hours"))
    zone = ClockField(
        required=False,
        max_length=64,
        label=_("On the clock of"),
        help_text=_("A time zone such as Europe/Berlin. Empty: each responder’s own."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )
    holidays = HolidaysField(required=False, max_length=LONGEST_CODE, label=_("Public holidays of"))
    on_holidays = forms.ChoiceField(required=False, choices=ON_HOLIDAYS, label=_("These holidays"))
    otherwise = forms.ChoiceField(required=False, choices=OTHERWISE, label=_("Outside its hours"))

    known: frozenset[UUID] = frozenset()
    options: Callable[[str], SafeString]

    def clean_uid(self) -> UUID | None:
        typed = self.cleaned_data["uid"]
        return next((uid for uid in self.known if str(uid) == typed), None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if all(name in cleaned for name in self.fields):
            try:
                cleaned["condition"] = self._condition(cleaned)
            except InvalidCondition as error:
                self.add_error(error.field if error.field in self.fields else None, error.message)
        return cleaned

    @property
    def target_rows(self) -> list[str]:
        """What the selects show; one that is empty waits at the end."""
        picked = [str(each) for each in self["targets"].value() or ()]
        return picked if picked and not picked[-1] else [*picked, ""]

    @property
    def selects(self) -> list[SafeString]:
        """The options of each select of a target."""
        return [self.options(picked) for picked in self.target_rows]

    @property
    def window_rows(self) -> list[WindowRow]:
        """What the rows of windows show."""
        return list(self["windows"].value() or ())

    @property
    def has_condition(self) -> bool:
        """Whether anything is typed about when it applies, or wrong there."""
        names = ("severities", "tiers", "urgencies", "windows", "zone", "holidays")
        return any(self[name].value() or self[name].errors for name in names)

    def draft(self) -> StepDraft:
        """What is typed; after `is_valid`."""
        cleaned = self.cleaned_data
        # Whole seconds: that is what a plan counts in.
        delay = timedelta(seconds=round(cleaned["delay"] * 60))
        return StepDraft(tuple(cleaned["targets"]), delay, cleaned["condition"], cleaned["uid"])

    def _condition(self, cleaned: Mapping[str, Any]) -> Condition:
        holidays = cleaned["holidays"]
        return Condition(
            severities=frozenset(int(each) for each in cleaned["severities"]),
            tiers=frozenset(int(each) for each in cleaned["tiers"]),
            urgencies=frozenset(cleaned["urgencies"]),
            windows=tuple(cleaned["windows"] or ()),
            zone=cleaned["zone"],
            holidays=holidays,
            on_holidays=OnHolidays(cleaned["on_holidays"] or "never") if holidays else OnHolidays.ANY,
            otherwise=Otherwise(cleaned["otherwise"] or "skip"),
        )


def calendars_for(steps: Iterable[StepForm]) -> list[tuple[str, str]]:
    """The calendars of holidays to offer: countries, and the parts of those that are typed already, since all parts of
    the world weigh more than the page."""
    typed_codes = (str(step["holidays"].value() or "").upper() for step in steps)
    countries = {code.partition("-")[0] for code in typed_codes}
    return [each for each in calendars() if "-" not in each[0] or each[0].partition("-")[0] in countries]


def options_of(groups: Iterable[Group]) -> SafeString:
    """The groups as they are drawn with nothing picked; there may be many selects, so they are drawn once."""
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        (
            (label, format_html_join("", '<option value="{}">{}</option>', options))
            for label, options in groups
        ),
    )


def with_picked(options: SafeString, picked: str) -> SafeString:
    """The same options with one of them picked."""
    value = f'<option value="{escape(picked)}"'
    return mark_safe(options.replace(value, f"{value} selected", 1))  # noqa: S308 - both are escaped already


def typed(draft: StepDraft) -> dict[str, Any]:
    """A step as the form shows it."""
    minutes = draft.delay / timedelta(minutes=1)
    return {
        "delay": f"{minutes:g}",
        "targets": [value_of(aim) for aim in draft.aims],
        "uid": draft.uid or "",
        **_typed_condition(draft.condition),
    }


def _typed_condition(condition: Condition) -> dict[str, Any]:
    if condition == ALWAYS:
        return {}
    return {
        "severities": [str(each) for each in sorted(condition.severities)],
        "tiers": [str(each) for each in sorted(condition.tiers)],
        "urgencies": sorted(condition.urgencies),
        "windows": window_rows(condition.windows),
        "zone": condition.zone,
        "holidays": condition.holidays,
        "on_holidays": "" if condition.on_holidays == OnHolidays.ANY else condition.on_holidays.value,
        "otherwise": condition.otherwise.value,
    }


def row_of(draft: StepDraft) -> dict[str, list[str]]:
    """A step as the browser sends it, for rows that a template writes."""
    row: dict[str, list[str]] = {}
    for key, value in typed(draft).items():
        if key == "windows":
            for place, name in enumerate(WINDOW_KEYS):
                row[name] = [window[place] for window in value]
        else:
            row[key] = value if isinstance(value, list) else [str(value)]
    return row


def value_of(aim: Aim) -> str:
    """What the browser sends for a target."""
    if aim.user:
        return f"user:{aim.user.pk}"
    if aim.team:
        return f"team:{aim.team.pk}"
    return f"{_PREFIX[Which(aim.which)]}:{aim.schedule.pk}" if aim.schedule else "owner"


def allowed_targets(
    people: Mapping[str, User], schedules: Iterable[Schedule], teams: Iterable[Team]
) -> dict[str, Aim]:
    """Everything that a step may page, by what the browser sends."""
    found = {f"user:{key}": Aim(user=person) for key, person in people.items()}
    for schedule in schedules:
        found |= {
            f"{prefix}:{schedule.pk}": Aim(schedule=schedule, which=which) for prefix, which in WHICH.items()
        }
    found |= {f"team:{team.pk}": Aim(team=team) for team in teams}
    return {**found, "owner": Aim(owner=True)}
