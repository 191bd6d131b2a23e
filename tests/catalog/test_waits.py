"""How long an acknowledgement stands: what managers set on a service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.actions import update_service
from catalog.models import Service
from oncall.drafts import Refused
from tests.making import NOW

As = Callable[[User], Client]


def typed(service: Service, **values: Any) -> dict[str, Any]:
    return {
        "name": service.name,
        "team": service.team_id,
        "tier": service.tier,
        "policy": service.policy_id,
        "grouping": service.grouping,
        **values,
    }


def post(browser: Client, service: Service, **values: Any) -> int:
    return browser.post(f"/services/{service.slug}/edit/", typed(service, **values)).status_code


def waits(service: Service) -> tuple[timedelta | None, timedelta | None]:
    service.refresh_from_db()
    return service.remind_after, service.ack_lasts


def test_a_manager_sets_and_empties_both_in_minutes(browser_of: As, owner: User, service: Service) -> None:
    browser = browser_of(owner)
    assert post(browser, service, remind_after="15", ack_lasts="60") == 302
    assert waits(service) == (timedelta(minutes=15), timedelta(hours=1))
    form = browser.get(f"/services/{service.slug}/edit/").content.decode()
    assert 'name="remind_after" value="15"' in form
    shown = browser.get(f"/services/{service.slug}/").content.decode()
    assert "asked again every 15 min" in shown
    assert "lapses after 1 h" in shown
    assert post(browser, service, remind_after="", ack_lasts="") == 302
    assert waits(service) == (None, None)


@pytest.mark.parametrize("minutes", ["0", "-1", "10081", "1.5", "soon"])
def test_nonsense_is_refused_beside_the_field(
    browser_of: As, owner: User, service: Service, minutes: str
) -> None:
    assert post(browser_of(owner), service, ack_lasts=minutes) == 200
    assert waits(service) == (None, None)


def test_a_reminder_that_would_never_come_is_refused(owner: User, service: Service) -> None:
    with pytest.raises(Refused):
        update_service(
            actor=owner,
            now=NOW,
            service=service,
            name=service.name,
            team=service.team,
            policy=service.policy,
            remind_after=timedelta(hours=1),
            ack_lasts=timedelta(hours=1),
        )


def test_a_member_and_a_stranger_set_nothing(
    browser_of: As, member: User, stranger: User, service: Service
) -> None:
    for person in (member, stranger):
        assert post(browser_of(person), service, ack_lasts="60") == 404
    assert waits(service) == (None, None)


def test_the_api_tells_both(browser_of: As, owner: User, service: Service) -> None:
    post(browser_of(owner), service, remind_after="15", ack_lasts="60")
    told = browser_of(owner).get(f"/api/v1/services/{service.slug}").json()
    assert (told["remind_after"], told["ack_lasts"]) == ("00:15:00", "01:00:00")
