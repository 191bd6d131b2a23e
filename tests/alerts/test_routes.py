"""Routes: made, ordered, tried before they are saved, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts.actions import routes as actions
from alerts.condition_words import matcher_of, said, typed
from alerts.matching import BadMatcher
from alerts.models import Integration, Outcome, Route
from alerts.route_words import sentence
from alerts.trial import tried
from catalog.models import Service
from tests.alerts.engine import alert_of, make_route, tell, turn
from tests.making import NOW, make_integration, make_service

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
DISK = {"field": "summary", "op": "=~", "value": "disk.*"}


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


def add(actor: User | None, door: Integration | None, **values: Any) -> Route:
    return actions.add_route(actor=actor, integration=door, now=NOW, **{"name": "Disks", **values})


def typed_in(*conditions: tuple[str, str, str], **fields: str) -> dict[str, str]:
    """What a browser posts."""
    found = {"c-TOTAL_FORMS": str(len(conditions) or 1), "c-INITIAL_FORMS": "0", "outcome": "page", **fields}
    for number, condition in enumerate(conditions):
        found |= {
            f"c-{number}-{name}": text for name, text in zip(("field", "op", "value"), condition, strict=True)
        }
    return found


# --- Words


@pytest.mark.parametrize(
    "texts",
    [
        ("labels.team", "=", "db"),
        ("severity", ">=", "error"),
        ("labels.env", "in", "prod, staging"),
        ("time", "within", "Mo–Fr 22:00–06:00 Europe/Berlin"),
        ("time", "within", "Mo,We 08:00–18:00 UTC"),
    ],
)
def test_a_condition_reads_back_as_it_was_typed(texts: tuple[str, str, str]) -> None:
    assert typed(matcher_of(*texts)) == texts


def test_days_may_run_over_the_weekend() -> None:
    assert matcher_of("time", "within", "sat-mon 9:00-17:00")["value"]["days"] == [0, 5, 6]


@pytest.mark.parametrize(
    "texts",
    [
        ("nothing", "=", "x"),
        ("summary", "within", "x"),
        ("summary", "~", "x"),
        ("summary", "=~", "("),
        ("time", "within", "at night"),
        ("time", "within", "Xx 22:00-06:00 UTC"),
        ("time", "within", "22:00-06:00 Mars/Base"),
        ("time", "=", "99:00-06:00"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(texts: tuple[str, str, str]) -> None:
    with pytest.raises(BadMatcher):
        matcher_of(*texts)


def test_a_route_is_a_sentence(service: Service) -> None:
    route = Route(
        matchers=[
            {"field": "labels.team", "op": "=", "value": "db"},
            {"field": "severity", "op": ">=", "value": "error"},
        ],
        service=service,
        urgency="high",
        pause=timedelta(seconds=60),
    )
    assert sentence(route) == (
        f"When labels.team is db and severity ≥ error → service {service}, page with high urgency, wait 1 min"
    )
    assert said([{"field": "rule", "op": "=", "value": ""}]) == "rule is empty"


# --- Order and refusals


def test_routes_keep_their_order_and_are_moved_one_place(door: Integration, owner: User) -> None:
    first, second, third = (add(owner, door, name=name) for name in ("a", "b", "c"))
    actions.move_route(actor=owner, route=third, direction="up", now=NOW)
    actions.move_route(actor=owner, route=first, direction="up", now=NOW)
    assert [row.name for row in Route.objects.of(door)] == ["a", "c", "b"]
    actions.remove_route(actor=owner, route=first)
    assert list(Route.objects.of(door).values_list("name", "position")) == [("c", 0), ("b", 1)]
    assert second.integration == door


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"matchers": [{"field": "summary", "op": "=~", "value": "("}]}, "matchers"),
        ({"outcome": "drop"}, "outcome"),
        ({"severity": "bad"}, "severity"),
        ({"urgency": "medium"}, "urgency"),
        ({"service_from": "nothing"}, "service_from"),
        ({"pause": timedelta(days=2)}, "pause"),
        ({"stale_after": timedelta(seconds=2)}, "stale_after"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(
    door: Integration, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(actions.Refused) as refused:
        add(None, door, **values)
    assert refused.value.field == field
    assert not Route.objects.exists()


def test_what_is_not_given_stays(door: Integration, owner: User, service: Service) -> None:
    route = add(owner, door, matchers=[DISK], service=service, outcome="record")
    actions.change_route(actor=owner, route=route, now=NOW, urgency="low")
    route.refresh_from_db()
    assert (route.matchers, route.service, route.outcome, route.urgency) == ([DISK], service, "record", "low")


# --- Trial


def test_a_trial_says_what_would_have_been_and_writes_nothing(door: Integration, owner: User) -> None:
    tell(door)
    tell(door, key="load")
    turn()
    draft = actions.drafted(integration=door, now=NOW, name="x", matchers=[DISK], outcome="alert")
    trial = tried(draft)
    assert (trial.events, len(trial.rows), trial.keys) == (2, 2, 1)
    assert trial.counts == {Outcome.PAGE: 0, Outcome.RECORD: 0, Outcome.ALERT: 1}
    [row] = trial.matched
    assert row.alert == alert_of("disk")
    assert row.changes
    assert not trial.rows[0].changes
    assert not Route.objects.exists()


def test_a_trial_asks_the_routes_before_it_first(door: Integration, owner: User) -> None:
    make_route(door, DISK, position=0)
    make_route(None, position=0)
    tell(door)
    tell(door, key="load")
    turn()
    trial = tried(actions.drafted(integration=door, now=NOW, name="x"))
    assert [row.signal.dedup_key for row in trial.matched] == ["load"]


def test_a_trial_of_a_saved_route_takes_its_place(door: Integration, owner: User) -> None:
    route = add(owner, door, name="a")
    add(owner, door, name="b")
    tell(door)
    turn()
    draft = actions.drafted(integration=door, now=NOW, route=route, outcome="record")
    assert tried(draft).counts[Outcome.RECORD] == 1


def test_a_route_for_all_is_tried_against_all_integrations(
    door: Integration, team: Any, policy: Any, owner: User
) -> None:
    other = make_integration(make_service(team, policy, "Other"))[0]
    tell(door)
    tell(other)
    turn()
    assert len(tried(actions.drafted(integration=None, now=NOW, name="x")).matched) == 2


# --- Pages


def test_a_manager_makes_a_route(
    browser_of: Browser, owner: User, door: Integration, service: Service
) -> None:
    data = typed_in(
        ("labels.team", "=", "db"), ("", "=", ""), service=str(service.pk), is_enabled="on", pause="60 s"
    )
    answer = browser_of(owner).post(f"/integrations/{door.pk}/routes/new/", data)
    assert answer.status_code == 302
    route = Route.objects.get()
    assert route.matchers == [{"field": "labels.team", "op": "=", "value": "db"}]
    assert (route.integration, route.service, route.pause) == (door, service, timedelta(seconds=60))
    assert route.name == "When labels.team is db → service Payments API, page, wait 1 min"
    assert b"Anything else" in browser_of(owner).get(answer["Location"]).content


def test_trying_saves_nothing_and_tells(browser_of: Browser, owner: User, door: Integration) -> None:
    tell(door)
    turn()
    data = typed_in(("summary", "=~", "disk.*"), outcome="record")
    answer = browser_of(owner).post(f"/integrations/{door.pk}/routes/new/", {**data, "do": "try"})
    assert "It would have matched 1 of 1 firings, 1 only recorded" in answer.content.decode()
    assert not Route.objects.exists()


def test_one_more_row_keeps_what_was_typed_and_complains_about_nothing(
    browser_of: Browser, owner: User, door: Integration
) -> None:
    data = typed_in(("labels.team", "=~", "("), pause="soon")
    page = (
        browser_of(owner).post(f"/integrations/{door.pk}/routes/new/", {**data, "do": "add"}).content.decode()
    )
    assert 'name="c-1-field"' in page
    assert 'value="soon"' in page
    assert "field-error" not in page


def test_a_wrong_condition_is_told_at_its_row(browser_of: Browser, owner: User, door: Integration) -> None:
    data = typed_in(("labels.team", "=~", "("))
    page = browser_of(owner).post(f"/integrations/{door.pk}/routes/new/", data).content.decode()
    assert "is no expression" in page
    assert not Route.objects.exists()


def test_members_and_strangers_read_routes_and_change_none(
    browser_of: Browser, member: User, stranger: User, door: Integration
) -> None:
    route = make_route(door, DISK)
    for person in (member, stranger):
        browser = browser_of(person)
        assert b"Route" in browser.get(f"/integrations/{door.pk}/routes/").content
        assert browser.get(f"/integrations/{door.pk}/routes/new/").status_code == 404
        assert browser.get(f"/routes/{route.pk}/edit/").status_code == 404
        for verb in ("move", "enable", "disable", "remove"):
            assert browser.post(f"/routes/{route.pk}/{verb}/", {"direction": "up"}).status_code == 404
    assert Route.objects.filter(is_enabled=True).count() == 1


def test_only_admins_make_and_change_routes_for_all(browser_of: Browser, owner: User, admin: User) -> None:
    route = make_route(None, DISK)
    assert browser_of(owner).get("/routes/").status_code == 200
    assert browser_of(owner).get("/routes/new/").status_code == 404
    assert browser_of(owner).post(f"/routes/{route.pk}/disable/").status_code == 404
    assert browser_of(admin).post("/routes/new/", typed_in(name="All")).status_code == 302
    assert browser_of(admin).post(f"/routes/{route.pk}/disable/").status_code == 302
    assert list(Route.objects.order_by("pk").values_list("name", "is_enabled")) == [
        ("Route", False),
        ("All", False),
    ]


def test_a_manager_edits_moves_and_removes(browser_of: Browser, owner: User, door: Integration) -> None:
    first, second = make_route(door, DISK, name="a"), make_route(door, name="b", position=1)
    browser = browser_of(owner)
    assert b"disk.*" in browser.get(f"/routes/{first.pk}/edit/").content
    browser.post(f"/routes/{second.pk}/move/", {"direction": "up"})
    assert [row.name for row in Route.objects.of(door)] == ["b", "a"]
    assert browser.post(f"/routes/{second.pk}/move/", {"direction": "sideways"}).status_code == 404
    browser.post(
        f"/routes/{first.pk}/edit/", typed_in(("severity", ">=", "error"), name="Errors", is_enabled="on")
    )
    first.refresh_from_db()
    assert (first.name, first.matchers) == ("Errors", [{"field": "severity", "op": ">=", "value": "error"}])
    browser.post(f"/routes/{first.pk}/remove/")
    assert list(Route.objects.of(door)) == [second]
