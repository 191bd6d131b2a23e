"""An escalation policy with its steps in one form."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.forms import BoundField
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import Team, User
from accounts.zones import zone_names
from oncall.actions.policies import MOST_REPEATS, MOST_STEPS
from oncall.drafts import Refused
from oncall.forms.fields import DAYS, UNTIL_DAYS, Group, InOrder, People, QuietForm, people_to_choose
from oncall.forms.steps import (
    WINDOW_KEYS,
    StepForm,
    allowed_targets,
    calendars_for,
    options_of,
    row_of,
    typed,
    with_picked,
)
from oncall.models import Binding, EscalationPolicy, Layer, LayerRole, OnEmpty, Schedule
from oncall.policy_revisions import drafts_of
from oncall.revisions import last_of
from oncall.rows import Rows
from oncall.usual_policies import BY_KEY, USUAL, Crew, Usual, crew_for

ROWS = Rows(
    "step",
    lists={"targets": ["targets"], "windows": WINDOW_KEYS},
    blank={"delay": ["5"], "targets": [""]},
    most=MOST_STEPS,
)
_KEPT = ("name", "description", "repeats", "on_empty", "binding")
_OF_A_SCHEDULE = [
    ("schedule", _("Whoever is on call in"), "%(name)s (%(team)s)"),
    ("secondary", _("The secondary of"), _("Secondary of %(name)s (%(team)s)")),
    ("everybody", _("Primary and secondary of"), _("Primary and secondary of %(name)s (%(team)s)")),
    ("round_robin", _("In turn, one of the people of"), _("In turn, one of %(name)s (%(team)s)")),
]
LISTS = Rows("end", lists={"fallback": ["fallback"]}, most=1)
"""The fallback is a list that stands once; as row 0 of its own group it is edited like the others."""


class PolicyForm(QuietForm):
    """The policy itself; the team is chosen once, when it is made."""

    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), empty_label=None)
    name = LineField(max_length=80, label=_("Name"))
    description = LineField(max_length=300, required=False, label=_("What it is for"))
    repeats = forms.IntegerField(
        min_value=0,
        max_value=MOST_REPEATS,
        initial=1,
        label=_("Repeat all steps"),
        help_text=_("How often they are run again when nobody acknowledges, before the fallback."),
    )
    on_empty = forms.ChoiceField(
        choices=OnEmpty.choices, initial=OnEmpty.SKIP, label=_("When nobody is on call for a step")
    )
    binding = forms.ChoiceField(
        choices=Binding.choices,
        initial=Binding.FROZEN,
        label=_("What is escalating when this is changed"),
    )
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        if teams is None:
            del self.fields["team"]
        else:
            team.queryset = teams


class FallbackForm(QuietForm):
    """Who is paged when nobody else answers."""

    fallback = InOrder(
        label=_("Fallback"),
        error_messages={"required": _("Name at least one person who is paged when nobody else answers.")},
    )

    @property
    def rows(self) -> list[str]:
        """What the selects show; one that is empty waits at the end."""
        return _rows(self["fallback"].value())


class PolicyEditor:
    """The form of a policy and those of its steps, filled from `data` or from `policy`, or blank.

    `teams` are those to choose from for a new policy.
    """

    def __init__(
        self, data: QueryDict | None = None, *, policy: EscalationPolicy | None = None, teams: Any = None
    ) -> None:
        self.policy = policy
        self.uids = frozenset(step.uid for step in policy.steps.all()) if policy else frozenset()
        self.people = _people(policy)
        self.schedules = list(Schedule.objects.select_related("team").order_by("team__name", "name"))
        self.teams = list(Team.objects.order_by("name"))
        self.zones = zone_names()
        self.days, self.until_days = DAYS, UNTIL_DAYS
        self.usual = () if policy else USUAL
        initial = _initial(policy) if policy else {"team": teams and teams.first()}
        self.form = PolicyForm(data, teams=teams, initial=initial)
        self.fallback = FallbackForm(data, prefix="end-0", initial=initial)
        self.steps = self._bound(data) if data is not None else self._filled()
        self.calendars = calendars_for(self.steps)
        self._allow()

    @property
    def forms(self) -> tuple[QuietForm, ...]:
        """All of them, from top to bottom."""
        return (self.form, *self.steps, self.fallback)

    def is_valid(self) -> bool:
        """Checks all forms, so that every message stands where it belongs at once."""
        refused = [form for form in self.forms if not form.is_valid()]
        return not refused

    def hush(self) -> None:
        """Show what was typed without any message: rows are being edited, nothing was asked to be stored."""
        for form in self.forms:
            form.quiet = True

    def values(self) -> dict[str, Any]:
        """What `save_policy` takes beside actor, now, policy and team; after `is_valid`."""
        cleaned = self.form.cleaned_data
        return {
            **{key: cleaned[key] for key in _KEPT},
            "seen": cleaned["seen"],
            "steps": [step.draft() for step in self.steps],
            "fallback_people": list(dict.fromkeys(self.fallback.cleaned_data["fallback"])),
        }

    @property
    def changed_words(self) -> list[tuple[str | Promise, str, str]]:
        """What is typed beside the steps and was not so: label, before and after; after `is_valid`."""
        fields = [self.form[key] for key in self.form.changed_data if key in _KEPT]
        found: list[tuple[str | Promise, str, str]] = [
            (each.label, _said(each, each.initial), _said(each, self.form.cleaned_data[each.name]))
            for each in fields
        ]
        before = (
            {person.pk: str(person) for person in self.policy.fallback_people.all()} if self.policy else {}
        )
        after = {person.pk: str(person) for person in self.fallback.cleaned_data["fallback"]}
        if set(before) != set(after):
            label = self.fallback["fallback"].label
            found.append((label, ", ".join(before.values()) or "–", ", ".join(after.values())))
        return found

    def refuse(self, refused: Refused) -> None:
        """Put what the action said on its field."""
        first, *rest = refused.field.split(".")
        if first == "steps" and len(rest) >= 2 and int(rest[0]) < len(self.steps):
            step = self.steps[int(rest[0])]
            step.add_error(rest[-1] if rest[-1] in step.fields else None, refused.message)
        elif first == "fallback_people":
            self.fallback.add_error("fallback", refused.message)
        else:
            self.form.add_error(first if first in self.form.fields else None, refused.message)

    @cached_property
    def people_choices(self) -> list[Group]:
        """People for the selects of the fallback."""
        teams = [self.policy.team_id] if self.policy else self._teams()
        members = User.objects.filter(memberships__team__in=teams).values_list("pk", flat=True)
        label = str(self.policy.team) if self.policy else str(_("My teams"))
        return self.people.groups(members, label)

    @cached_property
    def target_choices(self) -> list[Group]:
        """Schedules, teams, then people, for the selects of the steps; those of the own team come first."""
        own = {self.policy.team_id} if self.policy else set(self._teams())
        schedules = sorted(self.schedules, key=lambda each: each.team_id not in own)
        teams = sorted(self.teams, key=lambda each: each.pk not in own)
        people = [
            (label, [(f"user:{pk}", name) for pk, name in options]) for label, options in self.people_choices
        ]
        of_schedules = [
            (
                str(label),
                [
                    (f"{prefix}:{each.pk}", str(words) % {"name": each.name, "team": each.team})
                    for each in offered
                ],
            )
            for prefix, label, words in _OF_A_SCHEDULE
            if (offered := [each for each in schedules if self._is_offered(prefix, each)])
        ]
        whole = [("owner", str(_("The team that owns the service")))]
        whole += [(f"team:{each.pk}", str(_("Everybody in %(team)s") % {"team": each})) for each in teams]
        return [*of_schedules, (str(_("A whole team")), whole), *people]

    def _options(self, picked: str) -> SafeString:
        return with_picked(self._drawn, picked)

    @cached_property
    def _drawn(self) -> SafeString:
        return options_of(self.target_choices)

    def _is_offered(self, prefix: str, schedule: Schedule) -> bool:
        """A secondary only of a schedule that has one, or where it is picked already."""
        if prefix not in ("secondary", "everybody") or schedule.pk in self._with_secondary:
            return True
        return any(f"{prefix}:{schedule.pk}" in step.target_rows for step in self.steps)

    @cached_property
    def _with_secondary(self) -> frozenset[int]:
        layers = Layer.objects.current().filter(role=LayerRole.SECONDARY)
        wanting = {each.pk for each in self.schedules if each.wants_secondary}
        return frozenset(layers.values_list("schedule_id", flat=True)) | wanting

    def _teams(self) -> Sequence[int]:
        field = self.form.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - a new policy chooses its team
        return list((field.queryset or Team.objects.none()).values_list("pk", flat=True))

    def _bound(self, data: QueryDict) -> list[StepForm]:
        return [StepForm(data, prefix=f"step-{index}") for index in range(ROWS.count(data))]

    def _filled(self) -> list[StepForm]:
        rows = [typed(draft) for draft in drafts_of(self.policy)] if self.policy else [{"delay": 5}]
        return [StepForm(initial=row, prefix=f"step-{index}") for index, row in enumerate(rows)]

    def _allow(self) -> None:
        people = self.people.allowed
        targets = allowed_targets(people, self.schedules, self.teams)
        for form, name, allowed in [(self.fallback, "fallback", people)] + [
            (step, "targets", targets) for step in self.steps
        ]:
            field = form.fields[name]
            assert isinstance(field, InOrder)  # noqa: S101 - says to mypy what stands above
            field.allowed = allowed
        for step in self.steps:
            step.known, step.options = self.uids, self._options


def as_typed(data: QueryDict, command: str, teams: Any = None, zone: str = "UTC") -> QueryDict:
    """The form's data after a command on its steps or its fallback; `usual:<key>` fills in a usual policy for the
    chosen one of `teams`. `zone` is that of whoever asks."""
    data = data.copy()
    data.setdefault("end-count", "1")
    first, _colon, key = command.partition(":")
    if first == "usual" and key in BY_KEY and teams is not None:
        number = data.get("team", "")
        team = teams.filter(pk=number).first() if number.isdecimal() and len(number) < 10 else None
        return _usual(data, BY_KEY[key], crew_for(team, zone)) if team else data
    return LISTS.edited(ROWS.edited(data, command), command)


def _usual(data: QueryDict, usual: Usual, crew: Crew) -> QueryDict:
    """The form with these steps; somebody who was chosen as fallback stays."""
    filled = ROWS.written(data, [row_of(step) for step in usual.steps(crew)])
    if not any(filled.getlist("end-0-fallback")):
        filled.setlist("end-0-fallback", [str(person.pk) for person in crew.managers])
    return filled


def _people(policy: EscalationPolicy | None) -> People:
    if policy is None:
        return people_to_choose()
    standing = User.objects.filter(Q(step_targets__step__policy=policy) | Q(fallback_of=policy))
    return people_to_choose(pk__in=standing.values("pk"))


def _rows(picked: Any) -> list[str]:
    rows = [str(each) for each in picked or ()]
    return rows if rows and not rows[-1] else [*rows, ""]


def _said(field: BoundField, value: object) -> str:
    choices = dict(getattr(field.field, "choices", ()))
    return str(choices.get(value, value)) if value not in ("", None) else "–"


def _initial(policy: EscalationPolicy) -> dict[str, Any]:
    values = {key: getattr(policy, key) for key in _KEPT}
    last = last_of(policy)
    fallback = [person.pk for person in policy.fallback_people.all()]
    return {**values, "fallback": fallback, "seen": last.number if last else 0}
