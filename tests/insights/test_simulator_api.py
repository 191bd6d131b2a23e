"""The simulator and what is expected of it, for programs."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.models import Service
from insights.models import Assertion
from oncall.models import EscalationPolicy, Override, Revision, Schedule
from tests import making
from tests.api.conftest import client_of

ASK, RUN, ALL = "/api/v1/oncall/simulate", "/api/v1/assertions/run", "/api/v1/assertions"
AT = "2026-12-05T03:00:00+01:00"


def asked(client: Client, **body: Any) -> Any:
    answer = client.post(ASK, {"service": "payments-api", "at": AT, **body}, "application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def people(found: Any) -> list[list[str]]:
    return [[each["person"]["name"] for each in rung["people"]] for rung in found["rungs"]]


def test_the_answer_says_who_when_why_and_how(
    member: User, schedule: Schedule, service: Service, policy: EscalationPolicy
) -> None:
    making.make_rule(member.contact_methods.get(), 2)
    found = asked(client_of(member), severity=2)
    assert found["at"] == "2026-12-05T02:00:00Z"
    assert (found["policy"], found["urgency"], found["supposed"]) == (policy.pk, "high", False)
    assert (found["first_page_after"], found["complete"]) == (120, True)
    assert people(found) == [["Milan Member"], ["Olga Owner"], ["Olga Owner"]]
    first, second, last = found["rungs"]
    assert (first["after"], second["after"], last["after"], last["again"]) == (0, 300, 600, 1800)
    assert (first["kind"], first["step"], first["round"], last["kind"]) == ("step", 1, 1, "fallback")
    assert first["people"][0] == {
        "person": {"id": member.pk, "name": "Milan Member"},
        "because": [{"type": "schedule", "id": schedule.pk, "name": schedule.name, "which": "primary"}],
        "ways": [
            {"transport": "email", "after": 120, "held_until": None, "together": 0, "is_fallback": False}
        ],
    }


def test_everybody_signed_in_asks_also_by_a_reading_token(
    viewer: User, stranger: User, admin: User, service: Service
) -> None:
    for client in (client_of(viewer), client_of(stranger), client_of(admin, read_only=True)):
        assert asked(client)["severity"] is None
        assert client.post(RUN).json() == {"all_hold": True, "results": []}
    for path in (ASK, RUN):
        assert Client().post(path, {}, "application/json").status_code == 401


def test_what_ifs_are_answered_and_not_stored(
    admin: User, member: User, owner: User, stranger: User, schedule: Schedule, service: Service
) -> None:
    client = client_of(admin, read_only=True)
    span = {"starts_at": "2026-12-05T00:00:00Z", "ends_at": "2026-12-06T00:00:00Z"}
    override = {"schedule": schedule.pk, "user": stranger.pk, **span}
    assert people(asked(client, overrides=[override]))[0] == ["Stella Stranger"]
    both = asked(client, overrides=[{**override, "kind": "add"}])
    assert people(both)[0] == ["Milan Member", "Stella Stranger"]
    assert both["supposed"] is True
    instead = asked(client, overrides=[{**override, "replaces": member.pk}, {**override, "user": owner.pk}])
    assert people(instead)[0] == ["Olga Owner"]
    away = asked(client, absences=[{"user": member.pk, **span}])
    assert away["rungs"][0]["passed"][0]["reason"] == "nobody"
    assert people(away)[0] == ["Olga Owner"]
    assert not Override.objects.exists()


def test_a_policy_that_is_not_saved_is_answered(
    admin: User, owner: User, stranger: User, schedule: Schedule, service: Service, policy: EscalationPolicy
) -> None:
    client = client_of(admin)
    steps = [
        {"targets": [{"type": "user", "id": stranger.pk}], "delay": 60},
        {"targets": [{"type": "schedule", "id": schedule.pk}, {"type": "owner"}], "delay": 120},
    ]
    found = asked(client, draft={"steps": steps, "repeats": 1})
    assert people(found)[:2] == [["Stella Stranger"], ["Milan Member", "Olga Owner"]]
    assert [rung["after"] for rung in found["rungs"]] == [0, 60, 180, 240, 360]
    assert people(found)[-1] == ["Olga Owner"]  # the stored fallback
    fallback = asked(client, draft={"fallback_people": [stranger.pk]})
    assert people(fallback) == [["Milan Member"], ["Olga Owner"], ["Stella Stranger"]]
    other = making.make_policy(service.team, (stranger,), fallback=(owner,))
    assert people(asked(client, policy=other.pk)) == [["Stella Stranger"], ["Olga Owner"]]
    assert not Revision.objects.exists()
    assert policy.steps.count() == 2


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"service": "nope"}, "service"),
        ({"severity": 5}, "severity"),
        ({"at": "1999-01-01T00:00:00Z"}, "at"),
        ({"policy": 4_000_000}, "policy"),
        ({"nonsense": 1}, "nonsense"),
        ({"overrides": [{"schedule": 1}]}, "overrides.0.user"),
        ({"overrides": [{"schedule": 4_000_000, "user": "ME"}]}, "overrides.0.schedule"),
        ({"overrides": [{"schedule": "S", "user": 4_000_000}]}, "overrides.0.user"),
        ({"overrides": [{"schedule": "S", "user": "VIEWER"}]}, "overrides.0.user"),
        ({"overrides": [{"schedule": "S", "user": "ME", "ends_at": "2026-01-01"}]}, "overrides.0.ends_at"),
        (
            {"overrides": [{"schedule": "S", "user": "ME", "replaces": "VIEWER", "kind": "add"}]},
            "overrides.0.replaces",
        ),
        ({"overrides": [{"schedule": "S", "user": "ME"}] * 21}, "overrides"),
        ({"absences": [{"user": 4_000_000}]}, "absences.0.user"),
        ({"draft": {"steps": []}}, "draft.steps"),
        ({"draft": {"steps": [{"targets": [{"type": "owner"}], "delay": 0}]}}, "draft.steps"),
        (
            {"draft": {"steps": [{"targets": [{"type": "user", "id": 4_000_000}], "delay": 60}]}},
            "draft.steps.0.targets.0.id",
        ),
        ({"draft": {"fallback_people": [4_000_000]}}, "draft.fallback_people"),
        ({"draft": {"repeats": 10}}, "draft.repeats"),
        ({"draft": {"name": "x"}}, "draft.name"),
    ],
)
def test_what_cannot_be_asked_is_named_by_its_place(
    member: User, viewer: User, schedule: Schedule, service: Service, body: dict[str, Any], place: str
) -> None:
    names = {"S": schedule.pk, "ME": member.pk, "VIEWER": viewer.pk}
    span = {"starts_at": "2026-12-05T00:00:00Z", "ends_at": "2026-12-06T00:00:00Z"}
    for kind in ("overrides", "absences"):
        if kind in body and body[kind] != [{"schedule": 1}]:
            listed = [{**span, **each} for each in body[kind]]
            body = {**body, kind: [{k: names.get(v, v) for k, v in each.items()} for each in listed]}
    answer = client_of(member).post(ASK, {"service": service.slug, **body}, "application/json")
    assert answer.status_code == 400, answer.content
    assert place in answer.json()["errors"]


def test_asking_costs_a_fixed_number_of_queries(admin: User, service: Service, member: User) -> None:
    client = client_of(admin)
    span = {"starts_at": "2026-12-05T00:00:00Z", "ends_at": "2026-12-06T00:00:00Z"}
    counted = []
    asked(client)  # the first use of a token is noted
    for number in (1, 15):
        with CaptureQueriesContext(connection) as queries:
            asked(client, absences=[{"user": member.pk, **span}] * number)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 30


def body_of(**fields: Any) -> dict[str, Any]:
    given = {"name": "Night", "team": "payments", "service": "payments-api", "severity": 1}
    return {**given, "local_time": "03:00", "weekday": 5, "expect": {"never_empty": True}, **fields}


def test_a_manager_makes_replaces_and_deletes_an_assertion(
    owner: User, member: User, service: Service
) -> None:
    client = client_of(owner)
    made = client.post(ALL, body_of(expect={"paged": {"anyone_of": [member.email]}}), "application/json")
    assert made.status_code == 201
    row = Assertion.objects.get()
    assert made["Location"].endswith(f"{ALL}/{row.pk}")
    shown = made.json()
    assert (shown["holds"], shown["local_time"], shown["weekday"]) == (True, "03:00:00", 5)
    assert shown["expect"] == {"paged": {"anyone_of": [member.pk]}}
    assert client.get(ALL).json()["results"] == [client.get(f"{ALL}/{row.pk}").json()]
    whole = body_of(local_time=None, weekday=None, at=AT, expect={"not_paged": [member.pk]})
    replaced = client.put(f"{ALL}/{row.pk}", whole, "application/json").json()
    assert (replaced["holds"], replaced["at"]) == (False, "2026-12-05T02:00:00Z")
    assert client.delete(f"{ALL}/{row.pk}").status_code == 204
    assert client.get(f"{ALL}/{row.pk}").status_code == 404


def test_members_strangers_viewers_and_reading_tokens_change_none(
    owner: User, member: User, stranger: User, viewer: User, other_team: Team, service: Service
) -> None:
    client_of(owner).post(ALL, body_of(), "application/json")
    one = f"{ALL}/{Assertion.objects.get().pk}"
    for client, made, changed in (
        (client_of(member), 400, 404),
        (client_of(stranger), 400, 404),
        (client_of(viewer), 403, 403),
        (client_of(owner, read_only=True), 403, 403),
    ):
        assert client.get(one).status_code == 200
        assert client.post(ALL, body_of(name="Mine"), "application/json").status_code == made
        assert client.put(one, body_of(name="Mine"), "application/json").status_code == changed
        assert client.delete(one).status_code == changed
    assert Assertion.objects.get().name == "Night"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"expect": {}}, "expect"),
        ({"expect": {"paged": {"team": "x"}}}, "expect.paged.team"),
        ({"expect": {"nonsense": 1}}, "expect.nonsense"),
        ({"expect": None}, "expect"),
        ({"local_time": None, "weekday": None}, "at"),
        ({"at": AT}, "at"),
        ({"weekday": 7}, "weekday"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"service": "nope"}, "service"),
        ({"team": "nope"}, "team"),
    ],
)
def test_a_bad_assertion_is_refused_at_its_place(
    owner: User, service: Service, fields: dict[str, Any], place: str
) -> None:
    answer = client_of(owner).post(ALL, body_of(**fields), "application/json")
    assert answer.status_code == 400, answer.content
    assert place in answer.json()["errors"]
    assert not Assertion.objects.exists()


def test_running_says_what_holds_and_stores_nothing(
    owner: User, viewer: User, member: User, service: Service, other_team: Team
) -> None:
    manager, reader = client_of(owner), client_of(viewer)
    manager.post(ALL, body_of(), "application/json")
    manager.post(ALL, body_of(name="Once", local_time=None, weekday=None, at=AT), "application/json")
    assert reader.post(RUN).json()["all_hold"] is True
    member.contact_methods.all().delete()
    found = reader.post(f"{RUN}?team=payments")
    assert found.status_code == 200
    body = found.json()
    assert body["all_hold"] is False
    assert [(each["name"], each["holds"]) for each in body["results"]] == [("Night", False), ("Once", False)]
    assert body["results"][0]["missed"] == ["Step 1 has nobody: passed over at once."]
    assert people(body["results"][1]["answer"])[0] == ["Olga Owner"]
    assert datetime.fromisoformat(body["results"][0]["answer"]["at"]).astimezone(UTC).time() == time(3)
    assert set(Assertion.objects.values_list("holds", flat=True)) == {True}
    assert reader.post(f"{RUN}?team=search").json()["all_hold"] is True
    assert reader.post(f"{RUN}?team=serach").status_code == 404
    assert reader.post(f"{RUN}?service=nope").status_code == 404
