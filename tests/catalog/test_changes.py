"""Changes: told by people, pipelines and the API; shown near the incidents that they may explain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from catalog.actions import NewChange, note_change, record_changes
from catalog.dependencies import Beneath, walked
from catalog.models import Change, ChangeKind, Service
from incidents.models import Incident, State
from incidents.queries.changes import changes_around
from lib.secrets import digest
from oncall.drafts import Refused
from oncall.models import EscalationPolicy
from tests.making import make_service

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
MINUTE = timedelta(minutes=1)


def test_what_a_service_stands_on_is_found_by_the_shortest_way_and_circles_end() -> None:
    arrows = [(1, 2), (2, 3), (3, 1), (1, 4), (4, 3), (3, 5)]
    assert walked(1, arrows) == {
        1: Beneath(1),
        2: Beneath(2, 1),
        4: Beneath(4, 1),
        3: Beneath(3, 2, via=2),
        5: Beneath(5, 3, via=2),
    }


@pytest.fixture
def tower(service: Service, team: Any, policy: EscalationPolicy) -> list[Service]:
    """Payments API stands on Gateway, which stands on Orders DB; Search stands beside them."""
    gateway, store, search = (make_service(team, policy, name) for name in ("Gateway", "Orders DB", "Search"))
    service.depends_on.add(gateway)
    gateway.depends_on.add(store)
    return [service, gateway, store, search]


def told(where: Service, minutes: float, what: str, now: datetime, kind: str = "deploy") -> None:
    row = NewChange(where.pk, what, now + minutes * MINUTE, kind=kind)
    record_changes(rows=[row], now=now)


def incident_on(service: Service, now: datetime) -> Incident:
    return Incident.objects.create(
        service=service,
        title="Checkout answers 502",
        state=State.TRIAGE,
        urgency="high",
        started_at=now,
        created_at=now,
    )


def test_changes_near_the_beginning_come_nearest_first_with_their_distance(
    tower: list[Service], now: datetime
) -> None:
    api, gateway, store, search = tower
    for where, minutes, what in (
        *(
            (api, -61, "too old"),
            (api, -59, "old deploy"),
            (store, -12, "new index"),
            (gateway, -2, "flag on"),
        ),
        *((search, -1, "elsewhere"), (api, 9, "rolled back"), (store, 400, "days later")),
    ):
        told(where, minutes, what, now)
    before, after = changes_around(incident_on(api, now))
    assert [(each.change.summary, each.distance, each.steps) for each in before] == [
        ("flag on", 2 * MINUTE, 1),
        ("new index", 12 * MINUTE, 2),
        ("old deploy", 59 * MINUTE, 0),
    ]
    assert before[1].via == gateway
    assert [(each.change.summary, each.is_after) for each in after] == [("rolled back", True)]


def test_the_incident_says_how_near_a_change_was(
    tower: list[Service], now: datetime, browser_of: Browser, viewer: User, django_assert_max_num_queries: Any
) -> None:
    api, gateway, store, _search = tower
    told(store, -12, "new index", now)
    told(gateway, 3, "rolled back", now, "other")
    incident = incident_on(api, now)
    text = browser_of(viewer).get(f"/incidents/{incident.pk}/").content.decode()
    assert "12 min before" in text
    assert "which this depends on through Gateway" in text
    assert "3 min after" in text
    with django_assert_max_num_queries(4):
        changes_around(incident)


def test_a_closed_incident_shows_no_change_of_later(tower: list[Service], now: datetime) -> None:
    incident = incident_on(tower[0], now)
    Incident.objects.filter(pk=incident.pk).update(state=State.RESOLVED, closed_at=now + 5 * MINUTE)
    incident.refresh_from_db()
    told(tower[0], 4, "fix", now)
    told(tower[0], 6, "next feature", now)
    assert [each.change.summary for each in changes_around(incident)[1]] == ["fix"]


def test_a_person_notes_a_change(service: Service, member: User, browser_of: Browser) -> None:
    data = {
        "summary": "Raised the limit",
        "kind": "config",
        "happened_at": "",
        "url": "https://e.example.org/1",
    }
    answer = browser_of(member).post(f"/services/{service.slug}/changes/new/", data)
    assert answer.status_code == 302
    change = Change.objects.get()
    assert (change.kind, change.summary, change.source) == ("config", "Raised the limit", "Milan Member")
    assert change.links == [{"href": "https://e.example.org/1", "text": "https://e.example.org/1"}]
    assert abs(change.happened_at - timezone.now()) < MINUTE
    text = browser_of(member).get(f"/services/{service.slug}/changes/").content.decode()
    assert "Raised the limit" in text


def test_a_viewer_notes_nothing(service: Service, viewer: User, browser_of: Browser) -> None:
    assert browser_of(viewer).get(f"/services/{service.slug}/changes/new/").status_code == 404
    assert (
        browser_of(viewer).post(f"/services/{service.slug}/changes/new/", {"summary": "x"}).status_code == 404
    )
    assert "Note a change" not in browser_of(viewer).get(f"/services/{service.slug}/").content.decode()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"summary": " "}, "summary"),
        ({"kind": "party"}, "kind"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"happened_at": timedelta(days=2)}, "happened_at"),
        ({"happened_at": -timedelta(days=400)}, "happened_at"),
    ],
)
def test_nonsense_is_refused_by_field(
    service: Service, member: User, now: datetime, values: dict[str, Any], field: str
) -> None:
    given = {"summary": "x", **values}
    if isinstance(given.get("happened_at"), timedelta):
        given["happened_at"] = now + given["happened_at"]
    with pytest.raises(Refused) as refused:
        note_change(actor=member, now=now, service=service, **given)
    assert refused.value.field == field


def test_the_list_is_filtered_by_kind_and_takes_in_what_lies_below(
    tower: list[Service], now: datetime, viewer: User, browser_of: Browser
) -> None:
    api, _gateway, store, _search = tower
    told(api, 0, "deployed 7", now)
    told(api, 0, "flag on", now, "flag")
    told(store, 0, "new index", now, "config")
    client, path = browser_of(viewer), f"/services/{api.slug}/changes/"

    def listed(query: str = "") -> list[str]:
        return sorted(change.summary for change, _ in client.get(path + query).context["rows"])

    assert listed() == ["deployed 7", "flag on"]
    assert listed("?kind=flag") == ["flag on"]
    assert listed("?kind=%00nonsense") == ["deployed 7", "flag on"]
    assert listed("?below=1") == ["deployed 7", "flag on", "new index"]
    assert listed("?below=1&kind=other") == []


# --- The API


@pytest.fixture
def bearer(member: User) -> Client:
    ApiToken.objects.create(user=member, name="ci", digest=digest("tocsin_ci"), created_at=timezone.now())
    return Client(headers={"Authorization": "Bearer tocsin_ci"})


def test_a_pipeline_tells_of_a_deploy_with_its_token(bearer: Client, service: Service) -> None:
    body = {"service": service.slug, "summary": "Deployed 4.2", "kind": "deploy", "source": "CI"}
    answer = bearer.post("/api/v1/changes", body, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["kind"] == "deploy"
    found = bearer.get(f"/api/v1/changes?service={service.slug}&kind=deploy").json()["results"]
    assert [each["summary"] for each in found] == ["Deployed 4.2"]
    assert bearer.get("/api/v1/changes?kind=flag").json()["results"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"summary": "x"},
        {"service": "nowhere", "summary": "x"},
        {"service": "payments-api", "summary": " "},
        {"service": "payments-api", "summary": "x", "kind": "party"},
        {"service": "payments-api", "summary": "x", "url": "javascript:alert(1)"},
        {"service": "payments-api", "summary": "x", "sumary": "x"},
        {"service": "payments-api", "summary": "x", "happened_at": "2001-01-01T00:00:00Z"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(bearer: Client, service: Service, body: Any) -> None:
    assert bearer.post("/api/v1/changes", body, content_type="application/json").status_code == 400
    assert not Change.objects.exists()


def test_only_known_kinds_are_stored(service: Service, now: datetime) -> None:
    told(service, 0, "x", now, "party")
    assert Change.objects.get().kind == ChangeKind.OTHER
