"""Making, changing and ending mutes, and what they hold back meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from alerts.actions.mutes import Refused, change_mute, end_mute, make_mute
from alerts.models import Integration, Mute
from alerts.muting import move_mutes
from catalog.models import Service
from tests.alerts.engine import alert_of, tell, turn
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
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
