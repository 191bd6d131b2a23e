"""Whatever is wrong with a definition, its place is named and nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from oncall.models import EscalationPolicy, Layer, PolicyStep, Revision, Schedule
from tests.api.conftest import client_of
from tests.api.oncall import definition, errors_of, layer, made, send
from tests.making import NOW, make_policy

NONSENSE: tuple[Any, ...] = (None, 1, "x", [1], {"a": []}, [[]], [None], True, 1e300)


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_owner(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def rota(team: Team, member: User, owner: User) -> Schedule:
    return made(team, member, owner)


LAYERS: list[tuple[dict[str, Any], str]] = [
    ({"people": []}, "people"),
    ({"people": [999_999]}, "people"),
    ({"people": ["viewer"]}, "people"),
    ({"people": None}, "people"),
    ({"people": ["Ada"]}, "people.0"),
    ({"people": [{"name": "Ada"}]}, "people.0"),
    ({"people": [2**63]}, "people.0"),
    ({"turn_length": 0}, "turn_length"),
    ({"turn_length": -1}, "turn_length"),
    ({"turn_length": 521}, "turn_length"),
    ({"turn_length": "a week"}, "turn_length"),
    ({"turn_unit": "fortnights"}, "turn_unit"),
    ({"role": "boss"}, "role"),
    ({"first_handoff": "2026-01-05T09:00:00Z"}, "first_handoff"),
    ({"first_handoff": "Monday"}, "first_handoff"),
    ({"first_handoff": "1800-01-05T09:00"}, "first_handoff"),
    ({"starts_at": "2026-05-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"}, "ends_at"),
    ({"ends_at": "2026-03-01T00:00:00Z"}, "ends_at"),
    ({"ends_at": "3000-03-01T00:00:00Z"}, "ends_at"),
    ({"restrictions": [{"start": "09:00", "duration": 0}]}, "restrictions.0.duration"),
    ({"restrictions": [{"start": "09:00", "duration": 604801}]}, "restrictions.0.duration"),
    ({"restrictions": [{"start": "25:00", "duration": 60}]}, "restrictions.0.start"),
    ({"restrictions": [{"start": "09:00", "duration": 60, "weekday": 7}]}, "restrictions.0.weekday"),
    ({"restrictions": [{"start": "09:00", "duration": 60, "end": "10:00"}]}, "restrictions.0.end"),
    (
        {
            "starts_at": "2026-03-16T10:00:00Z",
            "ends_at": "2026-03-17T10:00:00Z",
            "restrictions": [{"start": "09:00", "duration": 3600, "weekday": 6}],
        },
        "restrictions",
    ),
    ({"restrictions": [{"start": "09:00", "duration": 60}] * 51}, "restrictions"),
    ({"skip_weekdays": [0, 1, 2, 3, 4, 5, 6]}, "skip_weekdays"),
    ({"skip_weekdays": [7]}, "skip_weekdays.0"),
    ({"skip_holidays": "XX"}, "skip_holidays"),
    ({"skip_dates": ["2026-02-30"]}, "skip_dates.0"),
    ({"turn_unit": "hours", "skip_weekdays": [5]}, "skip_weekdays"),
    ({"name": "x" * 81}, "name"),
    ({"name": "a\nb"}, "name"),
    ({"id": 999_999}, "id"),
    ({"id": "first"}, "id"),
    ({"people_ids": [1]}, "people_ids"),
]


@pytest.mark.parametrize(("changes", "field"), LAYERS)
def test_a_layer_that_cannot_be_followed_is_refused_at_its_field(
    as_owner: Client,
    rota: Schedule,
    team: Team,
    owner: User,
    viewer: User,
    changes: dict[str, Any],
    field: str,
) -> None:
    if changes.get("people") == ["viewer"]:
        changes = {"people": [viewer.pk]}
    body = definition(layer(owner), {**layer(owner), **changes}, name="Other")
    place = f"layers.1.{field}"
    if "past" not in field and changes != {"ends_at": "2026-03-01T00:00:00Z"}:
        assert set(errors_of(send(as_owner, "POST", "schedules", {**body, "team": team.slug}))) == {place}
    for method, path in (("PUT", ""), ("PATCH", ""), ("POST", "/preview")):
        assert set(errors_of(send(as_owner, method, f"schedules/{rota.pk}{path}", body))) == {place}
    assert Schedule.objects.get().name == rota.name
    assert Layer.objects.get().position == 0
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": None}, "name"),
        ({"name": "Taken"}, "name"),
        ({"description": "x" * 301}, "description"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"wants_secondary": "perhaps"}, "wants_secondary"),
        ({"layers": None}, "layers"),
        ({"layers": {"0": {}}}, "layers"),
        ({"layers": ["x"]}, "layers.0"),
        ({"layers": "x"}, "layers"),
        ({"layer": []}, "layer"),
        ({"team": "search"}, "team"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_at_its_field(
    as_owner: Client,
    rota: Schedule,
    team: Team,
    other_team: Team,
    owner: User,
    changes: dict[str, Any],
    field: str,
) -> None:
    made(team, owner)
    Schedule.objects.exclude(pk=rota.pk).update(name="Taken")
    body = {**definition(layer(owner), name="Other", team=team.slug), **changes}
    assert set(errors_of(send(as_owner, "POST", "schedules", body))) == {field}
    answer = send(as_owner, "PATCH", f"schedules/{rota.pk}", changes)
    assert set(errors_of(answer)) == {field}
    assert Schedule.objects.count() == 2
    assert Schedule.objects.get(pk=rota.pk).name == rota.name


def test_two_layers_of_one_id_and_too_many_layers_are_refused(
    as_owner: Client, rota: Schedule, owner: User
) -> None:
    own = rota.layers.get().pk
    for layers in ([layer(owner, id=own)] * 2, [layer(owner)] * 21):
        answer = send(as_owner, "PATCH", f"schedules/{rota.pk}", {"layers": layers})
        assert set(errors_of(answer)) == {"layers"}
    assert Layer.objects.count() == 1


def test_a_layer_of_another_schedule_is_not_taken_over(
    as_owner: Client, rota: Schedule, schedule: Schedule, owner: User
) -> None:
    theirs = schedule.layers.get().pk
    answer = send(as_owner, "PATCH", f"schedules/{rota.pk}", {"layers": [layer(owner, id=theirs)]})
    assert set(errors_of(answer)) == {"layers.0.id"}
    assert Layer.objects.get(pk=theirs).schedule == schedule


def a_step(**changes: Any) -> dict[str, Any]:
    return {"targets": [{"type": "owner"}], "delay": 300, **changes}


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"targets": []}, "targets"),
    ({"targets": [{"type": "policy", "id": 1}]}, "targets.0.type"),
    ({"targets": [{"type": "rocket", "id": 1}]}, "targets.0.type"),
    ({"targets": [{"type": ["user"], "id": 1}]}, "targets.0.type"),
    ({"targets": [{"id": 1}]}, "targets.0.type"),
    ({"targets": [{"type": "user"}]}, "targets.0.id"),
    ({"targets": [{"type": "user", "id": 999_999}]}, "targets.0.id"),
    ({"targets": [{"type": "owner"}, {"type": "schedule", "id": 999_999}]}, "targets.1.id"),
    ({"targets": [{"type": "team", "id": 999_999}]}, "targets.0.id"),
    ({"targets": [{"type": "team", "id": "search"}]}, "targets.0.id"),
    ({"targets": [{"type": "owner", "id": 1}]}, "targets.0.id"),
    ({"targets": [{"type": "user", "id": 1, "which": "all"}]}, "targets.0.which"),
    ({"targets": [{"type": "schedule", "id": 1, "which": "both"}]}, "targets.0.which"),
    ({"targets": [{"type": "viewer"}]}, "targets"),
    ({"delay": 0}, "delay"),
    ({"delay": 604_801}, "delay"),
    ({"delay": -5}, "delay"),
    ({"delay": 10**30}, "delay"),
    ({"delay": "soon"}, "delay"),
    ({"condition": {"severities": [5]}}, "condition.severities.0"),
    ({"condition": {"tiers": [0]}}, "condition.tiers.0"),
    ({"condition": {"urgencies": ["urgent"]}}, "condition.urgencies.0"),
    ({"condition": {"zone": "Mars/Olympus"}}, "condition.zone"),
    ({"condition": {"holidays": "XX", "on_holidays": "never"}}, "condition.holidays"),
    ({"condition": {"holidays": "DE"}}, "condition.holidays"),
    ({"condition": {"on_holidays": "sometimes"}}, "condition.on_holidays"),
    ({"condition": {"otherwise": "cry"}}, "condition.otherwise"),
    ({"condition": {"windows": [{"start": "9", "minutes": 60}]}}, "condition.windows.0.start"),
    ({"condition": {"windows": [{"start": "09:00", "minutes": 0}]}}, "condition.windows.0.minutes"),
    ({"condition": {"hours": "all"}}, "condition.hours"),
    ({"condition": []}, "condition"),
    ({"uid": "x"}, "uid"),
]


@pytest.mark.parametrize(("changes", "field"), STEPS)
def test_a_step_that_cannot_be_followed_is_refused_at_its_field(
    as_owner: Client, team: Team, owner: User, viewer: User, changes: dict[str, Any], field: str
) -> None:
    kept = make_policy(team, (owner,), fallback=(owner,))
    if changes.get("targets") == [{"type": "viewer"}]:
        changes = {"targets": [{"type": "user", "id": viewer.pk}]}
    body = {"name": "Other", "steps": [a_step(), a_step(**changes)], "fallback_people": [owner.pk]}
    place = f"steps.1.{field}"
    for method, path, extra in (
        ("POST", "policies", {"team": team.slug}),
        ("PUT", f"policies/{kept.pk}", {}),
        ("PATCH", f"policies/{kept.pk}", {}),
    ):
        assert set(errors_of(send(as_owner, method, path, {**body, **extra}))) == {place}
    assert EscalationPolicy.objects.get().name == kept.name
    assert PolicyStep.objects.count() == 1
    assert not Revision.objects.exists()


def test_a_policy_as_a_target_is_refused_in_plain_words(as_owner: Client, team: Team, owner: User) -> None:
    steps = [a_step(targets=[{"type": "policy", "id": 1}])]
    body = {"name": "Loop", "team": team.slug, "steps": steps, "fallback_people": [owner.pk]}
    [said] = errors_of(send(as_owner, "POST", "policies", body))["steps.0.targets.0.type"]
    assert said.startswith("A policy cannot page another policy")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"steps": []}, "steps"),
        ({"steps": [a_step()] * 21}, "steps"),
        ({"fallback_people": []}, "fallback_people"),
        ({"fallback_people": [999_999]}, "fallback_people"),
        ({"fallback_people": ["x"]}, "fallback_people.0"),
        ({"repeats": 10}, "repeats"),
        ({"repeats": -1}, "repeats"),
        ({"on_empty": "explode"}, "on_empty"),
        ({"binding": "loose"}, "binding"),
        ({"name": " "}, "name"),
        ({"description": "x" * 301}, "description"),
        ({"team": "search"}, "team"),
        ({"fallback": []}, "fallback"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_at_its_field(
    as_owner: Client, team: Team, other_team: Team, owner: User, changes: dict[str, Any], field: str
) -> None:
    kept = make_policy(team, (owner,), fallback=(owner,))
    body = {"name": "New", "team": team.slug, "steps": [a_step()], "fallback_people": [owner.pk]}
    assert set(errors_of(send(as_owner, "POST", "policies", {**body, **changes}))) == {field}
    assert set(errors_of(send(as_owner, "PATCH", f"policies/{kept.pk}", changes))) == {field}
    assert EscalationPolicy.objects.get() == kept
    assert not Revision.objects.exists()


FIELDS = {
    "schedules": (
        *("name", "description", "time_zone", "wants_secondary", "warns_of_gaps", "layers", "seen"),
        "nothing",
    ),
    "policies": ("name", "description", "repeats", "on_empty", "binding", "steps", "fallback_people", "seen"),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_patch_with_nonsense_is_answered_and_never_stored(
    as_owner: Client, rota: Schedule, team: Team, owner: User, kind: str
) -> None:
    kept = make_policy(team, (owner,), fallback=(owner,))
    path = f"{kind}/{rota.pk if kind == 'schedules' else kept.pk}"
    for field in FIELDS[kind]:
        for value in NONSENSE:
            answer = send(as_owner, "PATCH", path, {field: value})
            assert answer.status_code in (200, 400, 409), (field, value, answer.content)
            if isinstance(value, list | dict):
                assert answer.status_code == 400, (field, value)
    for value in NONSENSE[1:]:
        assert send(as_owner, "PATCH", path, value).status_code == 400
    assert Layer.objects.get().schedule == rota
    assert PolicyStep.objects.count() == 1


@pytest.mark.parametrize("kind", ["layers", "steps"])
def test_nonsense_within_a_layer_or_a_step_is_a_place_in_the_body(
    as_owner: Client, rota: Schedule, team: Team, owner: User, kind: str
) -> None:
    kept = make_policy(team, (owner,), fallback=(owner,))
    whole, path = (
        (layer(owner), f"schedules/{rota.pk}") if kind == "layers" else (a_step(), f"policies/{kept.pk}")
    )
    for field in (*whole, "restrictions", "skip_dates", "condition", "uid", "starts_at"):
        for value in NONSENSE:
            answer = send(as_owner, "PATCH", path, {kind: [{**whole, field: value}]})
            assert answer.status_code in (200, 400), (field, value, answer.content)
            if answer.status_code == 400:
                assert all(place.startswith(f"{kind}.0") for place in answer.json()["errors"]), answer.content
