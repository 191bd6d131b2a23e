"""From checked bodies to what the actions take: numbers become people, schedules and teams, in a query each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rest_framework.exceptions import ValidationError

from accounts.models import Team, User
from oncall.drafts import Aim, LayerDraft, OverrideDraft, StepDraft
from oncall.models import Schedule, Which
from oncall.rotation import Restriction

Given = Mapping[str, Any]
_AS_GIVEN = (
    *("id", "name", "role", "turn_length", "turn_unit", "first_handoff", "starts_at", "ends_at"),
    "skip_holidays",
)


def layer_drafts(layers: Iterable[Given], of_schedule: Collection[int] = ()) -> tuple[LayerDraft, ...]:
    """The layers; their ids must be of `of_schedule`. Raises ValidationError by place."""
    listed = list(layers)
    people = _people(number for layer in listed for number in layer["people"])
    wrong: dict[str, list[str]] = {}
    for place, layer in enumerate(listed):
        wrong |= _unknown(layer["people"], people, f"layers.{place}.people")
        if layer.get("id") and layer["id"] not in of_schedule:
            wrong[f"layers.{place}.id"] = ["This schedule has no such layer: leave it out for a new one."]
    if wrong:
        raise ValidationError(wrong)
    return tuple(_layer(layer, people) for layer in listed)


def override_drafts(overrides: Iterable[Given]) -> list[OverrideDraft]:
    """The overrides. Raises ValidationError by place."""
    listed = list(overrides)
    named = [(each["user"], each.get("replaces")) for each in listed]
    people = _people(number for pair in named for number in pair if number is not None)
    wrong: dict[str, list[str]] = {}
    for place, (user, replaced) in enumerate(named):
        wrong |= _unknown([user], people, f"overrides.{place}.user")
        wrong |= _unknown([replaced] if replaced else [], people, f"overrides.{place}.replaces")
    if wrong:
        raise ValidationError(wrong)
    return [
        OverrideDraft(
            people[user],
            each["starts_at"],
            each["ends_at"],
            each["kind"],
            people[replaced] if replaced else None,
            each["reason"],
        )
        for each, (user, replaced) in zip(listed, named, strict=True)
    ]


def step_drafts(steps: Iterable[Given]) -> tuple[StepDraft, ...]:
    """The steps. Raises ValidationError by place."""
    listed = list(steps)
    targets = [target for step in listed for target in step["targets"]]
    known: dict[str, Mapping[int, Any]] = {
        "user": _people(each["id"] for each in targets if each["type"] == "user"),
        "schedule": Schedule.objects.in_bulk({e["id"] for e in targets if e["type"] == "schedule"}),
        "team": Team.objects.in_bulk({each["id"] for each in targets if each["type"] == "team"}),
    }
    _check_targets(listed, known)
    return tuple(
        StepDraft(
            tuple(_aim(target, known) for target in step["targets"]),
            step["delay"],
            step["condition"],
            step.get("uid"),
        )
        for step in listed
    )


def fallback_of(numbers: Iterable[int]) -> list[User]:
    """Who is paged at last, each once. Raises ValidationError."""
    listed = list(dict.fromkeys(numbers))
    people = _people(listed)
    wrong = _unknown(listed, people, "fallback_people")
    if wrong:
        raise ValidationError(wrong)
    return [people[number] for number in listed]


def _people(numbers: Iterable[int]) -> dict[int, User]:
    found: dict[int, User] = User.objects.in_bulk(set(numbers))
    return found


def _unknown(numbers: Iterable[int], people: Mapping[int, User], place: str) -> dict[str, list[str]]:
    missing = [number for number in dict.fromkeys(numbers) if number not in people]
    return {place: [f"There is no person of the number {missing[0]}."]} if missing else {}


def _layer(layer: Given, people: Mapping[int, User]) -> LayerDraft:
    windows = layer.get("restrictions", ())
    return LayerDraft(
        **{key: layer[key] for key in _AS_GIVEN if key in layer},
        people=tuple(people[number] for number in layer["people"]),
        restrictions=tuple(Restriction(each["start"], each["duration"], each["weekday"]) for each in windows),
        skip_weekdays=tuple(layer["skip_weekdays"]),
        skip_dates=tuple(layer["skip_dates"]),
    )


def _check_targets(steps: Iterable[Given], known: Mapping[str, Mapping[int, Any]]) -> None:
    wrong = {
        f"steps.{place}.targets.{number}.id": [f"There is no such {target['type']}."]
        for place, step in enumerate(steps)
        for number, target in enumerate(step["targets"])
        if target["type"] != "owner" and target["id"] not in known[target["type"]]
    }
    if wrong:
        raise ValidationError(wrong)


def _aim(target: Given, known: Mapping[str, Mapping[int, Any]]) -> Aim:
    kind = target["type"]
    if kind == "owner":
        return Aim(owner=True)
    which = target.get("which") or Which.PRIMARY
    return Aim(**{kind: known[kind][target["id"]]}, which=which)
