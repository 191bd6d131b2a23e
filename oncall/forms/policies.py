"""An escalation policy with its steps in one form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import Team, User
from oncall.actions.policies import MOST_REPEATS, MOST_STEPS
from oncall.drafts import Refused, StepDraft
from oncall.forms.fields import Group, InOrder, People, QuietForm, people_to_choose
from oncall.models import EscalationPolicy, OnEmpty, PolicyStep, Schedule, StepTarget
from oncall.rows import Rows

ROWS = Rows("step", lists={"targets": ["targets"]}, blank={"delay": ["5"], "targets": [""]}, most=MOST_STEPS)
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

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        if teams is None:
            del self.fields["team"]
        else:
            team.queryset = teams


class StepForm(QuietForm):
    """Who is paged at once, and the minutes before the next step."""

    targets = InOrder(
        label=_("Page"), error_messages={"required": _("Name somebody to page in this step, or remove it.")}
    )
    delay = forms.DecimalField(
        min_value=0, max_value=7 * 24 * 60, decimal_places=2, label=_("Minutes until the next step")
    )

    @property
    def target_rows(self) -> list[str]:
        """What the selects show; one that is empty waits at the end."""
        return _rows(self["targets"].value())


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
        self.people = _people(policy)
        self.schedules = list(Schedule.objects.select_related("team").order_by("team__name", "name"))
        initial = _initial(policy) if policy else {"team": teams and teams.first()}
        self.form = PolicyForm(data, teams=teams, initial=initial)
        self.fallback = FallbackForm(data, prefix="end-0", initial=initial)
        self.steps = self._bound(data) if data is not None else self._filled()
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
            **{key: cleaned[key] for key in ("name", "description", "repeats", "on_empty")},
            "steps": [_draft(step.cleaned_data) for step in self.steps],
            "fallback_people": list(dict.fromkeys(self.fallback.cleaned_data["fallback"])),
        }

    def refuse(self, refused: Refused) -> None:
        """Put what the action said on its field."""
        first, *rest = refused.field.split(".")
        if first == "steps" and len(rest) == 2 and int(rest[0]) < len(self.steps):
            self.steps[int(rest[0])].add_error(rest[1], refused.message)
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
        """Schedules, then people, for the selects of the steps."""
        schedules = [(f"schedule:{each.pk}", f"{each.name} ({each.team})") for each in self.schedules]
        people = [
            (label, [(f"user:{pk}", name) for pk, name in options]) for label, options in self.people_choices
        ]
        return [(str(_("On call")), schedules), *people] if schedules else people

    def _teams(self) -> Sequence[int]:
        field = self.form.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - a new policy chooses its team
        return list((field.queryset or Team.objects.none()).values_list("pk", flat=True))

    def _bound(self, data: QueryDict) -> list[StepForm]:
        return [StepForm(data, prefix=f"step-{index}") for index in range(ROWS.count(data))]

    def _filled(self) -> list[StepForm]:
        rows = [_step_initial(step) for step in self.policy.steps.all()] if self.policy else [{"delay": 5}]
        return [StepForm(initial=row, prefix=f"step-{index}") for index, row in enumerate(rows)]

    def _allow(self) -> None:
        people = self.people.allowed
        targets: dict[str, User | Schedule] = {f"user:{key}": each for key, each in people.items()}
        targets |= {f"schedule:{each.pk}": each for each in self.schedules}
        for form, name, allowed in [(self.fallback, "fallback", people)] + [
            (step, "targets", targets) for step in self.steps
        ]:
            field = form.fields[name]
            assert isinstance(field, InOrder)  # noqa: S101 - says to mypy what stands above
            field.allowed = allowed


def as_typed(data: QueryDict, command: str) -> QueryDict:
    """The form's data after a command on its steps or its fallback."""
    data = data.copy()
    data.setdefault("end-count", "1")
    return LISTS.edited(ROWS.edited(data, command), command)


def _people(policy: EscalationPolicy | None) -> People:
    if policy is None:
        return people_to_choose()
    standing = User.objects.filter(Q(step_targets__step__policy=policy) | Q(fallback_of=policy))
    return people_to_choose(pk__in=standing.values("pk"))


def _rows(picked: Any) -> list[str]:
    rows = [str(each) for each in picked or ()]
    return rows if rows and not rows[-1] else [*rows, ""]


def _initial(policy: EscalationPolicy) -> dict[str, Any]:
    values = {key: getattr(policy, key) for key in ("name", "description", "repeats", "on_empty")}
    return {**values, "fallback": [person.pk for person in policy.fallback_people.all()]}


def _step_initial(step: PolicyStep) -> dict[str, Any]:
    minutes = step.delay / timedelta(minutes=1)
    return {"delay": f"{minutes:g}", "targets": [_value(target) for target in step.targets.all()]}


def _value(target: StepTarget) -> str:
    return f"user:{target.user_id}" if target.user_id else f"schedule:{target.schedule_id}"


def _draft(cleaned: dict[str, Any]) -> StepDraft:
    # Whole seconds: that is what a plan counts in.
    return StepDraft(tuple(cleaned["targets"]), timedelta(seconds=round(cleaned["delay"] * 60)))
