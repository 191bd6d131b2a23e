"""Readiness: what stands between an incident and somebody who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Team, User
from catalog.models import Service
from insights.readiness import findings
from insights.readiness.findings import Kind, report
from notifications.models import Circuit, ContactMethod, Delivery
from oncall.models import Drill, DrillPerson, EscalationPolicy, Schedule
from tests import making

Browser = Callable[[User], Client]


def _found(now: datetime, kind: Kind) -> list[str]:
    return [each.name for each in report(now).findings if each.kind == kind]


def _wake(user: User) -> ContactMethod:
    return making.make_method(user, "ntfy", f"https://ntfy.example.test/{user.pk}")


def _answered(user: User, at: datetime) -> None:
    drill = Drill.objects.create(
        title="x", lasts=timedelta(minutes=5), created_at=at, state="done", started_at=at, ended_at=at
    )
    DrillPerson.objects.create(drill=drill, user=user, why="x", state="reached", paged_at=at, reached_at=at)


@pytest.fixture
def ready(service: Service, owner: User, member: User, now: datetime) -> None:
    """Two ways each, one of which wakes, and a drill that was answered."""
    for person in (owner, member):
        _wake(person)
        _answered(person, now)


def test_one_calm_sentence_when_all_is_well(
    ready: None, owner: User, browser_of: Browser, now: datetime
) -> None:
    assert report(now).is_well
    with time_machine.travel(now, tick=False):
        shown = browser_of(owner).get("/readiness/").content.decode()
    assert 'class="ready-row"' not in shown


def test_who_has_no_verified_method_is_found(ready: None, member: User, now: datetime) -> None:
    member.contact_methods.update(verified_at=None)
    assert _found(now, Kind.NO_METHOD) == [str(member)]
    assert not report(now).is_ready


def test_a_policy_that_names_nobody_who_can_be_reached_comes_first(
    ready: None, owner: User, member: User, policy: EscalationPolicy, now: datetime
) -> None:
    ContactMethod.objects.filter(user__in=[owner, member]).delete()
    found = report(now)
    assert [each.kind for each in found.sections][:2] == [Kind.NOBODY, Kind.NO_METHOD]
    assert found.findings[0].name == policy.name
    assert "Payments API" in found.findings[0].text


def test_a_policy_without_a_fallback_who_can_be_reached_ends_in_nobody(
    ready: None, policy: EscalationPolicy, now: datetime
) -> None:
    policy.fallback_people.clear()
    assert _found(now, Kind.NO_FALLBACK) == [policy.name]


def test_a_policy_that_no_service_uses_pages_nobody_anyway(team: Team, ready: None, now: datetime) -> None:
    making.make_policy(team)
    assert report(now).is_well


def test_a_step_that_is_empty_now_is_found(
    ready: None, policy: EscalationPolicy, member: User, now: datetime
) -> None:
    member.contact_methods.update(disabled_at=now)
    assert _found(now, Kind.EMPTY_STEP) == [policy.name]


def test_one_method_only_and_none_that_wakes(ready: None, owner: User, member: User, now: datetime) -> None:
    owner.contact_methods.filter(transport="email").delete()
    member.contact_methods.filter(transport="ntfy").delete()
    assert _found(now, Kind.ONE_METHOD) == [str(owner)]
    assert _found(now, Kind.SLEEPS) == [str(member)]
    assert report(now).is_ready


def _delivery(method: ContactMethod, number: int, state: str, now: datetime, kind: str = "test") -> None:
    Delivery.objects.create(
        key=f"k{number}-{method.pk}",
        kind=kind,
        subject="x",
        group="x",
        user=method.user,
        method=method,
        transport=method.transport,
        address="x",
        state=state,
        created_at=now,
        scheduled_at=now,
        due_at=now,
        sent_at=now if state == "sent" else None,
        outcome="refused",
    )


def test_a_phone_that_failed_last_time_is_found_until_it_works_again(
    ready: None, owner: User, now: datetime
) -> None:
    phone, mail = owner.contact_methods.get(transport="ntfy"), owner.contact_methods.get(transport="email")
    _delivery(phone, 1, "sent", now)
    _delivery(phone, 2, "failed", now, "drill")
    _delivery(mail, 3, "failed", now)
    _delivery(phone, 4, "failed", now, "notice")
    assert _found(now, Kind.FAILED) == [str(owner)]
    _delivery(phone, 5, "sent", now, "page")
    assert _found(now, Kind.FAILED) == []


def test_who_answered_no_drill_in_ninety_days_is_found(ready: None, owner: User, now: datetime) -> None:
    assert _found(now + timedelta(days=89), Kind.NOT_DRILLED) == []
    _answered(owner, now + timedelta(days=5))
    assert _found(now + timedelta(days=91), Kind.NOT_DRILLED) == ["Milan Member"]


def test_a_gap_ahead_in_a_schedule_that_services_page_by_is_found(
    ready: None, team: Team, schedule: Schedule, member: User, now: datetime
) -> None:
    making.make_schedule(team, (), name="Unused")
    assert _found(now, Kind.GAP) == []
    schedule.layers.update(ends_at=now + timedelta(days=20))
    assert _found(now, Kind.GAP) == [str(schedule)]
    assert _found(now - timedelta(days=14), Kind.GAP) == []


def test_a_channel_that_is_down_or_not_set_up_is_found(ready: None, owner: User, now: datetime) -> None:
    Circuit.objects.create(name="ntfy", failures=3, opened_at=now, retry_at=now, reason="503", changed_at=now)
    making.make_method(owner, "telegram", "1")
    assert len(_found(now, Kind.PROVIDER)) == 2


def test_people_who_are_in_nothing_do_not_count(ready: None, viewer: User, now: datetime) -> None:
    making.make_user("Nobody's", reachable=False)
    assert report(now).people == 2


def test_responders_read_it_and_viewers_do_not(
    ready: None, stranger: User, viewer: User, browser_of: Browser
) -> None:
    assert browser_of(stranger).get("/readiness/").status_code == 200
    assert browser_of(viewer).get("/readiness/").status_code == 404
    assert browser_of(viewer).get("/api/v1/readiness").status_code == 404


def test_machines_read_the_same(
    ready: None, owner: User, policy: EscalationPolicy, browser_of: Browser
) -> None:
    policy.fallback_people.clear()
    body = browser_of(owner).get("/api/v1/readiness").json()
    first = body["findings"][0]
    assert (body["is_ready"], first["kind"], first["is_grave"]) == (False, "fallback_reaches_nobody", True)
    assert first["subject"] == {"type": "policy", "id": policy.pk, "name": policy.name}


def test_every_next_step_leads_somewhere(
    service: Service, admin: User, owner: User, policy: EscalationPolicy, browser_of: Browser, now: datetime
) -> None:
    policy.fallback_people.clear()
    making.make_method(owner, "telegram", "1")
    browser = browser_of(admin)
    found = report(now).findings
    assert {each.kind for each in found} >= {Kind.NO_FALLBACK, Kind.PROVIDER, Kind.SLEEPS, Kind.NOT_DRILLED}
    for each in found:
        assert browser.get(each.url).status_code == 200, each


def test_the_number_of_queries_does_not_grow(
    ready: None, team: Team, now: datetime, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_max_num_queries(40) as counted:
        findings.report(now)
    for number in range(6):
        person = making.make_user()
        schedule = making.make_schedule(team, (person,))
        policy = making.make_policy(team, (schedule,), (person,))
        making.make_service(team, policy, f"Service number {number}")
        _wake(person)
    with django_assert_num_queries(len(counted)):
        findings.report(now)
