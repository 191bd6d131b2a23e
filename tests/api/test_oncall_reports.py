"""Reports by the API."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.test import Client
from time_machine import TimeMachineFixture

from accounts.models import Team, User
from oncall.models import Schedule
from tests.api.conftest import client_of
from tests.api.oncall import errors_of, get
from tests.making import NOW
from tests.oncall.making import a_layer

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture(autouse=True)
def _still(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def whole(team: Team, member: User, owner: User) -> Schedule:
    found = Schedule.objects.create(team=team, name="Whole", time_zone="UTC")
    a_layer(found, [member, owner])
    return found


@pytest.fixture
def holed(other_team: Team, stranger: User) -> Schedule:
    """Ends in two days; wants a secondary."""
    found = Schedule.objects.create(team=other_team, name="Holed", time_zone="UTC", wants_secondary=True)
    a_layer(found, [stranger], ends_at=NOW + 2 * DAY)
    return found


def test_coverage_says_what_is_missing_first(as_viewer: Client, whole: Schedule, holed: Schedule) -> None:
    found = get(as_viewer, "reports/coverage?weeks=1")
    assert [each["schedule"]["name"] for each in found["schedules"]] == ["Holed", "Whole"]
    first = found["schedules"][0]
    assert first["gaps"] == [{"start": "2026-03-12T12:00:00Z", "end": "2026-03-17T12:00:00Z"}]
    assert first["thin"] == [{"start": "2026-03-10T12:00:00Z", "end": "2026-03-12T12:00:00Z"}]
    assert (first["uncovered"], found["uncovered"], found["thinly"]) == (432000, 432000, 172800)
    assert (found["since"], found["until"]) == ("2026-03-10T12:00:00Z", "2026-03-17T12:00:00Z")
    [only] = get(as_viewer, "reports/coverage?team=payments")["schedules"]
    assert (only["schedule"]["id"], only["gaps"]) == (whole.pk, [])


def test_gaps_by_start(as_viewer: Client, whole: Schedule, holed: Schedule) -> None:
    [gap] = get(as_viewer, "reports/gaps")["results"]
    assert (gap["schedule"]["id"], gap["start"]) == (holed.pk, "2026-03-12T12:00:00Z")
    assert gap["end"] == "2026-04-07T12:00:00Z"
    assert get(as_viewer, f"reports/gaps?schedule={whole.pk}")["results"] == []
    [gap] = get(as_viewer, "reports/gaps?since=2026-03-13T00:00:00Z&until=2026-03-14T00:00:00Z")["results"]
    assert (gap["start"], gap["end"]) == ("2026-03-13T00:00:00Z", "2026-03-14T00:00:00Z")


def test_load_and_its_fairness(as_viewer: Client, whole: Schedule, owner: User, member: User) -> None:
    found = get(as_viewer, "reports/load?since=2026-03-02T09:00:00Z&until=2026-03-23T09:00:00Z&team=payments")
    hours = {each["person"]["id"]: each["total"] for each in found["people"]}
    assert sorted(hours.values()) == [7 * 86400, 14 * 86400]
    first = found["people"][0]
    assert first["primary"] == first["total"] == 14 * 86400
    assert first["weekend"] == 4 * 86400
    assert found["fairness"]["index"] == pytest.approx(0.9)
    assert found["fairness"]["heaviest"] == first["person"]
    alone = get(as_viewer, f"reports/load?schedule={whole.pk}")
    assert alone["until"] == "2026-03-10T12:00:00Z"


def test_hours_for_pay_are_the_managers(
    owner: User, as_member: Client, as_viewer: Client, whole: Schedule, holed: Schedule
) -> None:
    query = "reports/hours?since=2026-03-02T09:00:00Z&until=2026-03-09T09:00:00Z"
    answer = client_of(owner).get(f"/api/v1/{query}", headers={"Accept": "text/csv"})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert {each["schedule"] for each in rows} == {"Whole"}
    assert sum(float(each["hours"]) for each in rows) == 7 * 24
    for client, path in (
        (as_member, query),
        (as_viewer, query),
        (client_of(owner), f"reports/hours?schedule={holed.pk}"),
    ):
        refusal = client.get(f"/api/v1/{path}")
        assert refusal.status_code == 404
        assert refusal["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["coverage", "gaps", "load"])
def test_what_does_not_exist_is_a_404_and_no_empty_report(
    as_viewer: Client, whole: Schedule, name: str
) -> None:
    for query in ("team=nobody", "schedule=999999"):
        assert as_viewer.get(f"/api/v1/reports/{name}?{query}").status_code == 404


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("coverage?weeks=0", "weeks"),
        ("coverage?weeks=27", "weeks"),
        ("gaps?since=2026-01-01T00:00:00Z&until=2026-08-01T00:00:00Z", "until"),
        ("gaps?until=2026-01-01T00:00:00Z", "until"),
        ("load?since=2024-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "until"),
        ("load?since=yesterday", "since"),
        ("hours?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until"),
        ("load?team=a%20b", "team"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    owner: User, whole: Schedule, path: str, field: str
) -> None:
    assert set(errors_of(client_of(owner).get(f"/api/v1/reports/{path}"))) == {field}


def test_the_default_span_of_load_is_the_last_four_weeks(as_viewer: Client, whole: Schedule) -> None:
    found = get(as_viewer, "reports/load")
    assert datetime.fromisoformat(found["since"]) == NOW - 4 * WEEK
    assert datetime.fromisoformat(found["until"]) == NOW
    ahead = get(as_viewer, "reports/load?since=2026-04-01T00:00:00Z")
    assert datetime.fromisoformat(ahead["until"]) == datetime(2026, 4, 29, tzinfo=UTC)
