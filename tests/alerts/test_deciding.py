"""What becomes of an alert before anybody is paged: routes, services by name, mutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from alerts.deciding import Decision, Ruling
from alerts.models import Integration, Outcome, Route
from alerts.sources.base import Signal
from catalog.models import Service, ServiceAlias
from oncall.models import EscalationPolicy
from tests.alerts.engine import make_mute, make_route
from tests.making import NOW, make_integration, make_service

pytestmark = pytest.mark.django_db
Later = Callable[..., datetime]
WARNING = {"field": "severity", "op": "=", "value": "warning"}


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


@pytest.fixture
def search(team: Team, policy: EscalationPolicy) -> Service:
    return make_service(team, policy, "Search Index", tier=3)


def signal(**fields: Any) -> Signal:
    return Signal(**{"action": "trigger", "dedup_key": "k", "happened_at": NOW, "summary": "Disk", **fields})


def decide(door: Integration, at: datetime = NOW, **fields: Any) -> Decision:
    return Ruling.read(door, at).decide(signal(**fields), at)


# --- Routes


def test_without_a_route_an_alert_is_its_integrations_and_pages(door: Integration, service: Service) -> None:
    Integration.objects.filter(pk=door.pk).update(stale_after=timedelta(hours=2))
    door.refresh_from_db()
    assert decide(door, severity="warning") == Decision(
        service.pk, "warning", "", Outcome.PAGE, stale_after=timedelta(hours=2)
    )


def test_the_first_route_that_matches_decides(door: Integration, search: Service) -> None:
    make_route(door, {"field": "summary", "op": "=", "value": "Other"}, position=0)
    second = make_route(
        door, WARNING, position=1, service=search, severity="info", urgency="high", outcome="record"
    )
    make_route(door, position=2, outcome="alert")
    decision = decide(door, severity="warning")
    assert (decision.route_id, decision.service_id) == (second.pk, search.pk)
    assert (decision.severity, decision.urgency, decision.outcome) == ("info", "high", "record")
    assert decision.why == "By route “Route”"


def test_an_integrations_own_routes_go_before_those_for_all(door: Integration) -> None:
    make_route(None, position=0)
    own = make_route(door, position=9)
    assert decide(door).route_id == own.pk


def test_routes_that_are_off_or_anothers_decide_nothing(door: Integration, search: Service) -> None:
    make_route(door, is_enabled=False)
    make_route(make_integration(search)[0])
    assert decide(door).route is None


def test_a_route_that_cannot_be_read_drops_nothing(door: Integration) -> None:
    make_route(door, {"field": "future", "op": "~~", "value": 1}, outcome="alert")
    broken = make_route(door, outcome="alert")
    Route.objects.filter(pk=broken.pk).update(matchers={"not": "a list"})
    assert decide(door).outcome == Outcome.PAGE


def test_conditions_see_labels_and_the_integrations_service(door: Integration, service: Service) -> None:
    make_route(
        door,
        {"field": "labels.env", "op": "=", "value": "prod"},
        {"field": "service", "op": "=", "value": service.slug},
        {"field": "team", "op": "=", "value": service.team.slug},
        {"field": "tier", "op": "<=", "value": 1},
    )
    assert decide(door, labels={"env": "prod"}).route is not None
    assert decide(door, labels={"env": "test"}).route is None


def test_a_trial_asks_only_the_routes_that_it_is_given(door: Integration) -> None:
    make_route(door, outcome="alert")
    unsaved = Route(name="Draft", matchers=[WARNING], pause=timedelta(minutes=2))
    ruling = Ruling.of(door, routes=[unsaved])
    decision = ruling.decide(signal(severity="warning"), NOW)
    assert decision.route is unsaved
    assert decision.pause == timedelta(minutes=2)
    assert ruling.decide(signal(), NOW).route is None


# --- Services by name


@pytest.mark.parametrize("called", ["search-index", "SEARCH INDEX", "es-prod"])
def test_a_label_names_the_service_by_slug_name_or_alias(
    door: Integration, search: Service, called: str
) -> None:
    ServiceAlias.objects.create(service=search, name="ES-Prod")
    make_route(door, service_from="labels.service")
    decision = decide(door, labels={"service": called})
    assert decision.service_id == search.pk
    assert decision.why == f"By route “Route”; service named by labels.service: {called}"


def test_a_name_that_nobody_knows_leaves_the_integrations_service_and_says_so(
    door: Integration, service: Service
) -> None:
    make_route(door, service_from="labels.service")
    decision = decide(door, labels={"service": "nope"})
    assert decision.service_id == service.pk
    assert "labels.service is no service we know: “nope”" in decision.why
    assert "labels.service is empty" in decide(door).why


def test_an_integration_can_find_services_by_a_label_without_a_route(
    door: Integration, search: Service
) -> None:
    door.options = {"service_from": "labels.app"}
    make_route(door, {"field": "service", "op": "=", "value": search.slug}, severity="info")
    decision = decide(door, labels={"app": "search-index"})
    assert (decision.service_id, decision.severity) == (search.pk, "info")


def test_an_archived_service_is_not_found_by_its_name(door: Integration, search: Service) -> None:
    Service.objects.filter(pk=search.pk).update(archived_at=NOW)
    make_route(door, service_from="labels.service")
    assert decide(door, labels={"service": "search-index"}).service_id == door.service_id


# --- Mutes


def test_a_mute_needs_its_conditions_and_its_services(door: Integration, search: Service) -> None:
    mute = make_mute(WARNING, services=(search,))
    assert decide(door, severity="warning").mute is None
    make_route(door, service=search)
    decision = decide(door, severity="warning")
    assert decision.mute_id == mute.pk
    assert not decision.pages
    assert decision.why.endswith("muted by “Night work”")
    assert decide(door, severity="error").mute is None


def test_a_mute_without_services_covers_any(door: Integration) -> None:
    assert decide(door).pages
    mute = make_mute()
    assert decide(door).mute_id == mute.pk


@pytest.mark.parametrize("with_dependents", [True, False])
def test_a_mute_covers_what_depends_on_its_services(
    door: Integration,
    service: Service,
    search: Service,
    team: Team,
    policy: EscalationPolicy,
    with_dependents: bool,
) -> None:
    disks = make_service(team, policy, "Disks")
    service.depends_on.add(search)
    search.depends_on.add(disks)
    make_mute(services=(disks,), with_dependents=with_dependents)
    assert (decide(door).mute is not None) == with_dependents


def test_a_mute_that_is_over_or_not_yet_there_mutes_nothing(door: Integration, later: Later) -> None:
    make_mute(is_open=False)
    make_mute(ended_at=NOW)
    assert decide(door).mute is None


def test_a_mute_that_cannot_be_read_mutes_nothing(door: Integration) -> None:
    make_mute({"field": "severity", "op": "=~", "value": "("})
    assert decide(door).mute is None


def test_a_mute_sees_the_severity_that_a_route_gave(door: Integration) -> None:
    make_mute(WARNING)
    make_route(door, severity="warning")
    assert decide(door, severity="critical").mute is not None


# --- Cost


def test_a_ruling_costs_two_queries_however_much_it_decides(door: Integration) -> None:
    for position in range(5):
        make_route(door, WARNING, position=position)
        make_mute(WARNING)
    door = Integration.objects.select_related("service__team").get(pk=door.pk)
    with CaptureQueriesContext(connection) as captured:
        ruling = Ruling.read(door, NOW)
        for number in range(50):
            ruling.decide(signal(dedup_key=str(number)), NOW)
    assert len(captured) == 2


def test_names_are_read_once(door: Integration) -> None:
    make_route(door, service_from="labels.service")
    ruling = Ruling.read(Integration.objects.select_related("service__team").get(pk=door.pk), NOW)
    with CaptureQueriesContext(connection) as captured:
        for number in range(50):
            ruling.decide(signal(labels={"service": str(number)}), NOW)
    assert len(captured) == 2
