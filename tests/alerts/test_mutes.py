"""Making, changing and ending mutes, and what they hold back meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from alerts.actions.mutes import Refused, change_mute, end_mute, make_mute
from alerts.models import Integration, Mute
from alerts.muting import move_mutes
from catalog.models import Service
from tests.alerts.engine import alert_of, tell, turn
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]
HOUR = timedelta(hours=1)
DISK = {"field": "summary", "op": "=~", "value": "disk.*"}


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


def made(actor: User | None = None, **values: Any) -> Mute:
    asked = {"name": "New disks", "matchers": [DISK], "starts_at": NOW, "ends_at": NOW + HOUR, **values}
    return make_mute(actor=actor, now=NOW, **asked)


def test_a_mute_that_begins_now_holds_at_once(door: Integration, member: User) -> None:
    mute = made(member)
    tell(door)
    turn()
    assert alert_of("disk").mute_id == mute.pk
    assert alert_of("disk").incident is None
    assert (mute.is_open, mute.due_at) == (True, NOW + HOUR)


def test_a_mute_ahead_waits_for_its_time(door: Integration) -> None:
    mute = made(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    assert (mute.is_open, mute.due_at) == (False, NOW + HOUR)
    move_mutes(now=NOW + HOUR)
    mute.refresh_from_db()
    assert (mute.is_open, mute.due_at) == (True, NOW + 2 * HOUR)


def test_ending_a_mute_places_what_still_fires(door: Integration, member: User) -> None:
    mute = made(member)
    tell(door)
    turn()
    end_mute(actor=member, mute=mute, now=NOW + timedelta(minutes=5))
    move_mutes(now=NOW + timedelta(minutes=5))
    mute.refresh_from_db()
    assert alert_of("disk").incident is not None
    assert (mute.is_open, mute.due_at, mute.ended_by) == (False, None, member)


def test_ending_a_mute_twice_changes_nothing(member: User, owner: User) -> None:
    mute = made()
    end_mute(actor=member, mute=mute, now=NOW)
    again = end_mute(actor=owner, mute=mute, now=NOW + HOUR)
    assert (again.ended_by, again.ended_at) == (member, NOW)


def test_what_a_changed_mute_covers_no_more_is_placed(door: Integration, member: User) -> None:
    mute = made(member)
    tell(door)
    tell(door, key="disk2")
    turn()
    only = {"field": "summary", "op": "=", "value": "disk2 is full"}
    change_mute(actor=member, mute=mute, now=NOW, matchers=[only])
    move_mutes(now=NOW)
    mute.refresh_from_db()
    assert alert_of("disk").incident is not None
    assert alert_of("disk2").incident is None
    assert (mute.is_open, mute.due_at) == (True, NOW + HOUR)


def test_a_mute_is_made_longer(member: User) -> None:
    mute = made(member)
    change_mute(actor=member, mute=mute, now=NOW, ends_at=NOW + 3 * HOUR)
    move_mutes(now=NOW + 2 * HOUR)
    mute.refresh_from_db()
    assert (mute.is_open, mute.ended_at, mute.due_at) == (True, None, NOW + 3 * HOUR)
    assert mute.matchers == [DISK]


def test_a_mute_that_is_over_is_not_changed(member: User) -> None:
    mute = end_mute(actor=member, mute=made(member), now=NOW)
    with pytest.raises(Refused):
        change_mute(actor=member, mute=mute, now=NOW, ends_at=NOW + 3 * HOUR)


def test_a_tool_names_its_author() -> None:
    assert made(created_by_name="amtool of Ada").created_by_name == "amtool of Ada"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"matchers": []}, "matchers"),
        ({"matchers": [{"field": "summary", "op": "=~", "value": "("}]}, "matchers"),
        ({"starts_at": NOW - 2 * HOUR, "ends_at": NOW - HOUR}, "ends_at"),
        ({"ends_at": NOW}, "ends_at"),
        ({"recurrence": "FREQ=SECONDLY"}, "recurrence"),
        ({"zone": "Mars/Base"}, "zone"),
    ],
)
def test_a_mute_that_makes_no_sense_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        made(**values)
    assert refused.value.field == field
    assert not Mute.objects.exists()


def test_a_mute_of_services_needs_no_conditions_and_keeps_them(service: Service, member: User) -> None:
    mute = made(member, matchers=[], services=[service])
    change_mute(actor=member, mute=mute, now=NOW, name="Other")
    assert list(mute.services.all()) == [service]
    with pytest.raises(Refused):
        change_mute(actor=member, mute=mute, now=NOW, services=[])


# --- Pages


def typed_in(*conditions: tuple[str, str, str], **fields: Any) -> dict[str, Any]:
    """What a browser posts."""
    found: dict[str, Any] = {"c-TOTAL_FORMS": str(len(conditions) or 1), "c-INITIAL_FORMS": "0"}
    for number, condition in enumerate(conditions):
        names = ("field", "op", "value")
        found |= {f"c-{number}-{name}": text for name, text in zip(names, condition, strict=True)}
    return {**found, "name": "New disks", "when": "1h", "zone": "UTC", "with_dependents": "on", **fields}


def test_a_member_mutes_their_teams_service_for_an_hour(
    browser_of: Browser, member: User, service: Service, door: Integration
) -> None:
    answer = browser_of(member).post("/mutes/new/", typed_in(services=[service.pk], team=service.team_id))
    assert answer.status_code == 302
    mute = Mute.objects.get()
    assert (mute.team, mute.created_by, mute.matchers, mute.is_open) == (service.team, member, [], True)
    assert mute.ends_at - mute.starts_at == HOUR
    page = browser_of(member).get(answer["Location"]).content.decode()
    assert "Muted until" in page
    assert "End now" in page


def test_conditions_without_services_are_about_ones_own_team_only(
    browser_of: Browser, member: User, service: Service
) -> None:
    browser_of(member).post("/mutes/new/", typed_in(("rule", "=", "Disk"), team=service.team_id))
    assert Mute.objects.get().matchers == [
        {"field": "rule", "op": "=", "value": "Disk"},
        {"field": "team", "op": "=", "value": service.team.slug},
    ]


def test_an_admin_mutes_by_conditions_for_all_teams(browser_of: Browser, admin: User, team: Team) -> None:
    browser_of(admin).post("/mutes/new/", typed_in(("rule", "=", "Disk")))
    assert Mute.objects.get().matchers == [{"field": "rule", "op": "=", "value": "Disk"}]


def test_a_mute_of_nothing_in_particular_is_refused(
    browser_of: Browser, member: User, service: Service
) -> None:
    page = browser_of(member).post("/mutes/new/", typed_in(team=service.team_id)).content.decode()
    assert "Name services or conditions" in page
    assert not Mute.objects.exists()


def test_a_window_is_typed_on_the_clock_of_its_zone(
    browser_of: Browser, member: User, service: Service
) -> None:
    data = typed_in(
        services=[service.pk],
        team=service.team_id,
        when="times",
        starts_at="2030-07-01T02:00",
        ends_at="2030-07-01T04:00",
        zone="Europe/Berlin",
        repeats="FREQ=WEEKLY",
        last_day="2030-07-31",
    )
    browser = browser_of(member)
    preview = browser.post("/mutes/new/", {**data, "do": "try"}).content.decode()
    assert "It would hold" in preview
    assert not Mute.objects.exists()
    browser.post("/mutes/new/", data)
    mute = Mute.objects.get()
    assert mute.starts_at == datetime(2030, 7, 1, 0, 0, tzinfo=UTC)
    assert (mute.recurrence, mute.until) == ("FREQ=WEEKLY", datetime(2030, 7, 31, 22, 0, tzinfo=UTC))
    page = browser.get(f"/mutes/{mute.pk}/edit/").content.decode()
    assert "2030-07-01T02:00" in page
    assert "2030-07-31" in page


def test_what_is_missing_or_no_rule_is_told_at_its_field(
    browser_of: Browser, member: User, service: Service
) -> None:
    data = typed_in(services=[service.pk], team=service.team_id, when="until", repeats="own")
    page = browser_of(member).post("/mutes/new/", data).content.decode()
    assert page.count("This is needed.") == 2
    page = (
        browser_of(member)
        .post("/mutes/new/", {**data, "when": "1h", "rule": "FREQ=SECONDLY"})
        .content.decode()
    )
    assert "FREQ is HOURLY" in page
    assert not Mute.objects.exists()


def test_a_mute_from_an_alert_brings_its_labels_and_service(
    browser_of: Browser, member: User, service: Service, door: Integration
) -> None:
    tell(door, labels={"env": "prod"})
    turn()
    alert = alert_of("disk")
    page = browser_of(member).get(f"/mutes/new/?alert={alert.pk}").content.decode()
    assert 'value="labels.env"' in page
    assert 'value="prod"' in page
    assert re.search(rf'name="services" value="{service.pk}"[^>]* checked', page)


@pytest.mark.parametrize("query", ["alert=x", "alert=999", "alert=²", "service=%00", "service=nothing"])
def test_nonsense_in_the_address_is_nothing(
    browser_of: Browser, member: User, team: Team, query: str
) -> None:
    assert browser_of(member).get(f"/mutes/new/?{query}").status_code == 200


def test_the_list_tells_what_is_muted_now_ahead_and_over(
    browser_of: Browser, member: User, service: Service, door: Integration
) -> None:
    now = timezone.now()
    fields: dict[str, Any] = {"actor": member, "services": [service], "team": service.team, "now": now}
    make_mute(name="Disks now", starts_at=now, ends_at=now + HOUR, **fields)
    make_mute(name="Disks later", starts_at=now + HOUR, ends_at=now + 2 * HOUR, **fields)
    gone = make_mute(name="Disks before", starts_at=now, ends_at=now + HOUR, **fields)
    end_mute(actor=member, mute=gone, now=now)
    move_mutes(now=now)
    tell(door, at=now)
    turn(now)
    page = browser_of(member).get("/mutes/").content.decode()
    assert page.index("Disks now") < page.index("holds back 1 alert") < page.index("Disks later")
    assert page.index("Disks later") < page.index("Disks before")


def test_a_member_extends_and_ends_and_the_stranger_does_neither(
    browser_of: Browser, member: User, stranger: User, viewer: User, service: Service
) -> None:
    now = timezone.now()
    mute = make_mute(
        actor=None,
        name="x",
        services=[service],
        team=service.team,
        starts_at=now,
        ends_at=now + HOUR,
        now=now,
    )
    for person in (stranger, viewer):
        browser = browser_of(person)
        assert browser.get(f"/mutes/{mute.pk}/").status_code == 200
        assert browser.get(f"/mutes/{mute.pk}/edit/").status_code == 404
        for verb in ("end", "extend"):
            assert browser.post(f"/mutes/{mute.pk}/{verb}/", {"hours": "1"}).status_code == 404
    browser_of(member).post(f"/mutes/{mute.pk}/extend/", {"hours": "4"})
    mute.refresh_from_db()
    assert mute.ends_at == now + 5 * HOUR
    assert browser_of(member).post(f"/mutes/{mute.pk}/extend/", {"hours": "9"}).status_code == 404
    browser_of(member).post(f"/mutes/{mute.pk}/end/")
    mute.refresh_from_db()
    assert mute.ended_by == member


def test_nobody_mutes_another_teams_services(
    browser_of: Browser, stranger: User, other_team: Team, service: Service
) -> None:
    browser_of(stranger).post("/mutes/new/", typed_in(services=[service.pk], team=other_team.pk))
    browser_of(stranger).post("/mutes/new/", typed_in(("rule", "=", "x"), team=service.team_id))
    assert not Mute.objects.exists()


def test_a_viewer_makes_no_mute(browser_of: Browser, viewer: User) -> None:
    assert browser_of(viewer).get("/mutes/new/").status_code == 404


def test_pages_of_a_service_and_its_incidents_say_that_it_is_muted(
    browser_of: Browser, member: User, service: Service, door: Integration
) -> None:
    tell(door)
    turn()
    now = timezone.now()
    mute = make_mute(
        actor=member, name="Rack 4", services=[service], starts_at=now, ends_at=now + HOUR, now=now
    )
    browser = browser_of(member)
    paths = (f"/services/{service.slug}/", f"/incidents/{alert_of('disk').incident_id}/")
    for path in paths:
        assert "Rack 4" in browser.get(path).content.decode()
    end_mute(actor=member, mute=mute, now=now)
    for path in paths:
        assert "Rack 4" not in browser.get(path).content.decode()
