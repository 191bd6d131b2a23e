"""Schedules by the API: the definition, what it comes to, trying a change out, undoing it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from oncall.api import schedules
from oncall.api.asking import checked
from oncall.models import EscalationPolicy, Layer, Override, Revision, Schedule
from tests.api.conftest import client_of
from tests.api.oncall import definition, errors_of, get, layer, made, refused, send
from tests.making import NOW
from tests.oncall.making import a_feed, a_feed_shift, a_layer, an_override

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MONDAY = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def as_owner(owner: User) -> Client:
    return client_of(owner)


@pytest.fixture
def rota(team: Team, member: User, owner: User) -> Schedule:
    return made(team, member, owner)


def test_a_schedule_is_made_as_it_is_described(
    as_owner: Client, team: Team, owner: User, member: User
) -> None:
    nights = layer(
        owner,
        name="Nights",
        role="secondary",
        turn_length=2,
        turn_unit="days",
        first_handoff="2026-03-02T18:00",
        starts_at="2026-03-01T00:00:00Z",
        ends_at="2027-03-01T00:00:00Z",
        restrictions=[{"start": "18:00", "duration": 54000, "weekday": None}],
        skip_weekdays=[5, 6],
        skip_holidays="DE-BY",
        skip_dates=["2026-12-24"],
    )
    body = definition(layer(member, owner), nights, description="Pays", wants_secondary=True, team=team.slug)
    answer = send(as_owner, "POST", "schedules", body)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert answer["Location"].endswith(f"/api/v1/schedules/{shown['id']}")
    assert answer["ETag"] == '"1"'
    low, high = shown["layers"]
    assert [each["id"] for each in low["people"]] == [member.pk, owner.pk]
    assert low["first_handoff"] == "2026-01-05T09:00:00"
    assert (high["role"], high["turn_length"], high["turn_unit"]) == ("secondary", 2, "days")
    assert high["restrictions"] == [{"start": "18:00:00", "duration": 54000, "weekday": None}]
    assert (high["skip_weekdays"], high["skip_holidays"]) == ([5, 6], "DE-BY")
    assert high["skip_dates"] == ["2026-12-24"]
    assert (shown["wants_secondary"], shown["change"], shown["feeds"]) == (True, 1, [])
    assert get(as_owner, f"schedules/{shown['id']}") == shown


def test_what_is_shown_can_be_sent_back_and_changes_nothing(
    as_owner: Client, rota: Schedule, team: Team, owner: User
) -> None:
    a_layer(rota, [owner], role="shadow", skip_weekdays=[6])
    shown = get(as_owner, f"schedules/{rota.pk}")
    fields = ("name", "description", "time_zone", "wants_secondary", "warns_of_gaps", "layers")
    answer = send(as_owner, "PUT", f"schedules/{rota.pk}", {name: shown[name] for name in fields})
    assert answer.status_code == 200, answer.content
    assert answer.json() == shown
    assert not Revision.objects.exists()


def test_a_patch_leaves_alone_what_it_does_not_name(as_owner: Client, rota: Schedule) -> None:
    before = get(as_owner, f"schedules/{rota.pk}")
    answer = send(as_owner, "PATCH", f"schedules/{rota.pk}", {"description": "Who pays"})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {**before, "description": "Who pays", "change": 1}


def test_a_layer_keeps_its_id_or_is_continued_and_who_was_on_call_stays(
    as_owner: Client, rota: Schedule, owner: User, member: User
) -> None:
    past = f"schedules/{rota.pk}/final?since=2026-02-01T00:00:00Z&until=2026-03-10T12:00:00Z"
    before = get(as_owner, past)["segments"]
    [old] = get(as_owner, f"schedules/{rota.pk}")["layers"]
    answer = send(as_owner, "PATCH", f"schedules/{rota.pk}", {"layers": [{**old, "name": "Renamed"}]})
    assert [each["id"] for each in answer.json()["layers"]] == [old["id"]]
    answer = send(as_owner, "PATCH", f"schedules/{rota.pk}", {"layers": [{**old, "people": [owner.pk]}]})
    [new] = answer.json()["layers"]
    assert new["people"] == [{"id": owner.pk, "name": owner.name}]
    assert Layer.objects.get(pk=new["id"]).continues_id == old["id"]
    after = get(as_owner, past)["segments"]
    assert [(e["start"], e["people"]) for e in after] == [(e["start"], e["people"]) for e in before]


def test_who_read_an_older_state_changes_nothing(as_owner: Client, rota: Schedule) -> None:
    path = f"schedules/{rota.pk}"
    send(as_owner, "PATCH", path, {"description": "One"})
    answer = send(as_owner, "PATCH", path, {"description": "Two"}, **{"If-Match": '"0"'})
    assert "read it anew" in refused(answer, 412)
    assert answer.json()["change"] == 1
    assert "has changed this schedule" in refused(send(as_owner, "PATCH", path, {"seen": 0}), 409)
    for verb, path_of in (("DELETE", path), ("POST", f"{path}/undo")):
        refused(send(as_owner, verb, path_of, {}, **{"If-Match": '"7"'}), 412)
    answer = send(as_owner, "PATCH", path, {"description": "Two"}, **{"If-Match": 'W/"9", "1"'})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')


def test_undo_and_the_changes(as_owner: Client, rota: Schedule, owner: User) -> None:
    path = f"schedules/{rota.pk}"
    assert "no change to undo" in refused(send(as_owner, "POST", f"{path}/undo", {}), 409)
    send(as_owner, "PATCH", path, {"description": "One"})
    refused(send(as_owner, "POST", f"{path}/undo", {"number": 9}), 409)
    answer = send(as_owner, "POST", f"{path}/undo", {"number": 1})
    assert (answer.json()["description"], answer["ETag"]) == ("", '"2"')
    last, first = get(as_owner, f"{path}/revisions")["results"]
    assert (last["number"], last["undoes"], last["actor"]["id"]) == (2, 1, owner.pk)
    assert (first["before"]["description"], first["after"]["description"]) == ("", "One")
    assert first["undoes"] is None


def test_a_schedule_goes_unless_a_policy_pages_by_it(
    as_owner: Client, rota: Schedule, schedule: Schedule, policy: EscalationPolicy
) -> None:
    assert policy.name in refused(send(as_owner, "DELETE", f"schedules/{schedule.pk}"), 409)
    assert send(as_owner, "DELETE", f"schedules/{rota.pk}").status_code == 204
    assert send(as_owner, "GET", f"schedules/{rota.pk}").status_code == 404


def test_a_list_by_team(as_viewer: Client, rota: Schedule, other_team: Team, stranger: User) -> None:
    other = made(other_team, stranger)
    assert [each["id"] for each in get(as_viewer, "schedules")["results"]] == [rota.pk, other.pk]
    [found] = get(as_viewer, "schedules?team=search")["results"]
    assert (found["id"], found["change"], found["team"]["slug"]) == (other.pk, 0, "search")
    assert as_viewer.get("/api/v1/schedules?team=nobody").status_code == 404


def test_the_final_schedule_says_who_and_where_from(
    as_viewer: Client, rota: Schedule, owner: User, member: User, admin: User
) -> None:
    feed = a_feed(rota, name="Holidays", purpose="overrides")
    a_feed_shift(feed, admin, MONDAY + DAY, 24)
    override = an_override(rota, owner, MONDAY + 3 * DAY, 24, reason="Dentist")
    span = "since=2026-03-16T00:00:00Z&until=2026-03-23T00:00:00Z"
    found = get(as_viewer, f"schedules/{rota.pk}/final?{span}")
    assert (found["since"], found["until"]) == ("2026-03-16T00:00:00Z", "2026-03-23T00:00:00Z")
    segments = found["segments"]
    assert segments[0]["start"] == found["since"]
    assert segments[-1]["end"] == found["until"]
    by_kind = {each["source"]["kind"]: each for each in segments}
    assert by_kind["feed"]["source"] == {"kind": "feed", "id": feed.pk, "name": "Holidays"}
    assert by_kind["feed"]["people"] == [{"id": admin.pk, "name": admin.name}]
    assert by_kind["override"]["source"] == {"kind": "override", "id": override.pk, "name": "Dentist"}
    assert by_kind["layer"]["source"]["name"] == "Days"
    assert (found["gaps"], found["thin"]) == ([], [])


def test_gaps_thin_cover_and_every_role_are_told(
    as_viewer: Client, team: Team, owner: User, member: User, admin: User
) -> None:
    rota = Schedule.objects.create(team=team, name="Two", time_zone="UTC", wants_secondary=True)
    a_layer(rota, [member], starts_at=MONDAY)
    a_layer(rota, [owner], starts_at=MONDAY + DAY, role="secondary")
    a_layer(rota, [admin], starts_at=MONDAY, role="shadow")
    path = f"schedules/{rota.pk}/final?since=2026-03-16T08:00:00Z&until=2026-03-18T09:00:00Z"
    found = get(as_viewer, path)
    assert found["gaps"] == [{"start": "2026-03-16T08:00:00Z", "end": "2026-03-16T09:00:00Z"}]
    assert found["thin"] == [{"start": "2026-03-16T09:00:00Z", "end": "2026-03-17T09:00:00Z"}]
    last = found["segments"][-1]
    names = [[each["id"] for each in last[role]] for role in ("people", "secondary", "shadow")]
    assert names == [[member.pk], [owner.pk], [admin.pk]]
    [duty] = get(as_viewer, f"oncall?schedule={rota.pk}&at=2026-03-18T00:00:00Z")["results"]
    assert [[e["id"] for e in duty[role]] for role in ("people", "secondary", "shadow")] == names


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z",
        "since=2026-03-01T00:00:00Z&until=2026-03-01T00:00:00Z",
        "since=2026-03-01T00:00:00Z&until=2027-04-06T00:00:00Z",
        "until=soon",
    ],
)
def test_a_span_that_is_none_or_too_long_is_refused(as_viewer: Client, rota: Schedule, query: str) -> None:
    assert set(errors_of(as_viewer.get(f"/api/v1/schedules/{rota.pk}/final?{query}"))) == {"until"}


def test_a_preview_says_what_changes_for_whom_and_stores_nothing(
    as_owner: Client, rota: Schedule, owner: User, member: User
) -> None:
    path = f"schedules/{rota.pk}"
    before = get(as_owner, path)
    [old] = before["layers"]
    body = {"layers": [{**old, "people": [owner.pk, member.pk]}]}
    found = send(as_owner, "POST", f"{path}/preview?weeks=2", body).json()
    assert found["is_change"]
    first = found["changes"][0]
    assert (first["role"], first["start"]) == ("primary", "2026-03-10T12:00:00Z")
    assert [first["old"][0]["id"], first["new"][0]["id"]] == [owner.pk, member.pk]
    assert sum(each["after"] - each["before"] for each in found["balances"]) == 0
    assert (found["new_gaps"], found["closed_gaps"]) == ([], [])
    assert datetime.fromisoformat(found["until"]) == NOW + 2 * WEEK
    ended = {"layers": [{**old, "ends_at": "2026-03-12T12:00:00Z"}]}
    found = send(as_owner, "POST", f"{path}/preview?weeks=1", ended).json()
    assert found["new_gaps"] == [{"start": "2026-03-12T12:00:00Z", "end": "2026-03-17T12:00:00Z"}]
    found = send(as_owner, "POST", f"{path}/preview", {}).json()
    assert (found["is_change"], found["changes"]) == (False, [])
    assert get(as_owner, path) == before
    assert not Revision.objects.exists()
    assert set(errors_of(send(as_owner, "POST", f"{path}/preview?weeks=99", {}))) == {"weeks"}


def test_overrides_are_made_listed_and_withdrawn(
    as_member: Client, rota: Schedule, owner: User, member: User, admin: User
) -> None:
    path = f"schedules/{rota.pk}/overrides"
    times = {"starts_at": "2026-03-17T09:00:00Z", "ends_at": "2026-03-18T09:00:00Z"}
    stand_in = {"user": owner.pk, "replaces": member.pk, "reason": "Dentist", **times}
    bodies: tuple[dict[str, Any], ...] = (
        stand_in,
        {"user": admin.pk, "kind": "add", **times},
        {"user": member.pk, "kind": "remove", **times},
    )
    rows = [send(as_member, "POST", path, body) for body in bodies]
    assert [each.status_code for each in rows] == [201, 201, 201], rows[0].content
    assert rows[0].json()["replaces"]["id"] == member.pk
    assert [each.json()["kind"] for each in rows] == ["replace", "add", "remove"]
    [duty] = get(as_member, f"oncall?schedule={rota.pk}&at=2026-03-17T12:00:00Z")["results"]
    assert {each["id"] for each in duty["people"]} == {owner.pk, admin.pk}
    first = rows[0].json()
    assert get(as_member, f"{path}?until=2026-03-17T09:00:00Z")["results"] == []
    assert len(get(as_member, f"{path}?since=2026-03-18T08:59:59Z")["results"]) == 3
    assert get(as_member, f"{path}?since=2026-03-18T09:00:00Z")["results"] == []
    assert get(as_member, path)["results"][0] == first
    assert send(as_member, "DELETE", f"{path}/{first['id']}").status_code == 204
    assert len(get(as_member, path)["results"]) == 2


def test_several_overrides_are_made_together_or_not_at_all(
    as_member: Client, rota: Schedule, owner: User, member: User
) -> None:
    path = f"schedules/{rota.pk}/overrides"
    first = {"user": owner.pk, "starts_at": "2026-03-17T09:00:00Z", "ends_at": "2026-03-18T09:00:00Z"}
    wrong = {"user": owner.pk, "starts_at": "2026-03-19T09:00:00Z", "ends_at": "2026-03-19T09:00:00Z"}
    refused = send(as_member, "POST", f"{path}/several", {"overrides": [first, wrong]})
    assert refused.status_code == 400
    assert "overrides.1.ends_at" in errors_of(refused)
    assert get(as_member, path)["results"] == []
    right = {**wrong, "ends_at": "2026-03-20T09:00:00Z"}
    made = send(as_member, "POST", f"{path}/several", {"overrides": [first, right]})
    assert made.status_code == 201, made.content
    assert [each["user"]["id"] for each in made.json()] == [owner.pk, owner.pk]
    stranger = send(as_member, "POST", f"{path}/several", {"overrides": [{**first, "user": 999_999}]})
    assert "overrides.0.user" in errors_of(stranger)


def test_an_override_that_is_over_is_not_withdrawn(as_member: Client, rota: Schedule, owner: User) -> None:
    over = an_override(rota, owner, NOW - 2 * DAY, 24)
    assert "is over" in refused(send(as_member, "DELETE", f"schedules/{rota.pk}/overrides/{over.pk}"), 409)
    assert Override.objects.get().withdrawn_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user": 999_999}, "user"),
        ({"user": "me"}, "user"),
        ({"user": 0}, "user"),
        ({"replaces": 999_999}, "replaces"),
        ({"kind": "swap"}, "kind"),
        ({"kind": "add", "replaces": "member"}, "replaces"),
        ({"ends_at": "2026-03-17T09:00:00Z"}, "ends_at"),
        ({"ends_at": "2028-03-17T09:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-02T00:00:00Z"}, "ends_at"),
        ({"starts_at": None}, "starts_at"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"person": 1}, "person"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused_at_its_field(
    as_member: Client, rota: Schedule, owner: User, member: User, changes: dict[str, Any], field: str
) -> None:
    times = {"starts_at": "2026-03-17T09:00:00Z", "ends_at": "2026-03-18T09:00:00Z"}
    body = {"user": owner.pk, **times, **changes}
    if body.get("replaces") == "member":
        body["replaces"] = member.pk
    assert set(errors_of(send(as_member, "POST", f"schedules/{rota.pk}/overrides", body))) == {field}
    assert not Override.objects.exists()


def test_a_patch_does_not_overwrite_what_somebody_saves_meanwhile(
    as_owner: Client, rota: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"schedules/{rota.pk}"
    send(as_owner, "PATCH", path, {"description": "Before"})

    def slowly(body: Any) -> dict[str, Any]:
        monkeypatch.setattr(schedules, "checked", checked)
        assert send(as_owner, "PATCH", path, {"description": "Theirs"}).status_code == 200
        return checked(body)

    monkeypatch.setattr(schedules, "checked", slowly)
    refused(send(as_owner, "PATCH", path, {"name": "Mine"}), 409)
    shown = get(as_owner, path)
    assert (shown["description"], shown["name"], shown["change"]) == ("Theirs", rota.name, 2)
