"""The page where expressions are written, and replays, for owners, members and strangers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from alerts.actions.intake import accept
from alerts.actions.replay import TooMany, replay_newest
from alerts.actions.testing import store_test
from alerts.models import Alert, AlertState, Event, Integration
from alerts.processing import process_waiting
from alerts.replays import progress
from catalog.models import Service
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
BODY = {"t": "Disk on db1", "st": "bad", "k": 7}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service, "generic")[0]


def came(door: Integration, body: object, **more: Any) -> int:
    return accept(
        integration_id=door.pk, endpoint=more.pop("endpoint", "alert"), body=json.dumps(body), now=NOW, **more
    )


Browser = Callable[[User], Client]


def test_the_page_shows_the_last_body_and_what_it_would_become(
    door: Integration, owner: User, browser_of: Browser
) -> None:
    came(door, BODY)
    page = browser_of(owner).get(f"/integrations/{door.pk}/mapping/").content.decode()
    assert "Disk on db1" in page
    assert "It would become" in page
    assert (
        f"/integrations/{door.pk}/mapping/"
        in browser_of(owner).get(f"/integrations/{door.pk}/").content.decode()
    )


def test_a_preview_shows_what_each_expression_finds_and_saves_nothing(
    door: Integration, owner: User, browser_of: Browser
) -> None:
    typed = {"payload": json.dumps(BODY), "summary": "t", "resolved": "st == 'good'", "severity": "a..b"}
    path = f"/integrations/{door.pk}/mapping/preview/"
    fragment = browser_of(owner).post(path, typed, headers=HTMX).content.decode()
    assert "<html" not in fragment
    assert "Disk on db1" in fragment
    assert "is not expected. (character 3)" in fragment
    assert 'id="found-severity" hx-swap-oob="true"' in fragment
    whole = browser_of(owner).post(path, typed).content.decode()
    assert "<html" in whole
    assert 'value="st == &#x27;good&#x27;"' in whole
    door.refresh_from_db()
    assert door.options == {}


@pytest.mark.parametrize("payload", ["", "{", "[" * 100, '"x"', "1", "[]", "null", "{}"])
def test_a_body_that_cannot_be_read_says_why(
    door: Integration, owner: User, browser_of: Browser, payload: str
) -> None:
    answer = browser_of(owner).post(
        f"/integrations/{door.pk}/mapping/preview/", {"payload": payload, "items": "a"}, headers=HTMX
    )
    assert answer.status_code == 200


def test_saving_keeps_the_expressions_and_errors_stand_on_the_field(
    door: Integration, owner: User, browser_of: Browser
) -> None:
    path = f"/integrations/{door.pk}/mapping/"
    wrong = browser_of(owner).post(path, {"summary": "t.", "rule": "k"})
    assert "The expression ends too early. (character 3)" in wrong.content.decode()
    assert browser_of(owner).post(path, {"summary": "t"}).status_code == 302
    door.refresh_from_db()
    assert door.options == {"mapping": {"summary": "t"}}


def test_only_those_who_may_change_it_write_a_mapping(
    door: Integration, member: User, stranger: User, viewer: User, browser_of: Browser
) -> None:
    for user in (member, stranger, viewer):
        assert browser_of(user).get(f"/integrations/{door.pk}/mapping/").status_code == 404
        assert browser_of(user).post(f"/integrations/{door.pk}/mapping/", {"rule": "a"}).status_code == 404
        assert browser_of(user).post(f"/integrations/{door.pk}/mapping/preview/").status_code == 404


def test_another_kind_has_no_mapping(
    integration: tuple[Integration, str], owner: User, browser_of: Browser
) -> None:
    assert browser_of(owner).get(f"/integrations/{integration[0].pk}/mapping/").status_code == 404


@pytest.mark.parametrize("asked", ["x", "99999999999999999999", "²", "", "1"])
def test_an_odd_event_in_the_address_is_no_failure(
    door: Integration, owner: User, browser_of: Browser, asked: str
) -> None:
    assert browser_of(owner).get(f"/integrations/{door.pk}/mapping/?event={asked}").status_code == 200


def test_the_mapping_by_the_api(door: Integration, owner: User, member: User, browser_of: Browser) -> None:
    path = f"/api/v1/integrations/{door.pk}/mapping"
    put = browser_of(owner).put(path, {"summary": "t", "rule": ""}, content_type="application/json")
    assert (put.status_code, put.json()) == (200, {"summary": "t"})
    assert browser_of(member).get(path).json() == {"summary": "t"}
    bad = browser_of(owner).put(path, {"summary": "t.", "rule": "k"}, content_type="application/json")
    assert bad.status_code == 400
    assert "summary" in json.dumps(bad.json())
    assert browser_of(member).put(path, {}, content_type="application/json").status_code in (403, 404)


def test_a_replay_reads_the_event_again_and_says_what_it_is(
    door: Integration, owner: User, browser_of: Browser
) -> None:
    old = came(door, {"summary": "Disk", "id": "d"})
    process_waiting(now=NOW)
    page = browser_of(owner).get(f"/integrations/{door.pk}/events/{old}/").content.decode()
    assert f"/events/{old}/replay/" in page
    answer = browser_of(owner).post(f"/integrations/{door.pk}/events/{old}/replay/", follow=True)
    new = Event.objects.latest("pk")
    assert (new.replay_of, new.body) == (old, Event.objects.get(pk=old).body)
    assert f"A replay of event {old}." in answer.content.decode()
    process_waiting(now=NOW)
    assert Alert.objects.get().count == 2


def test_only_those_who_may_change_it_replay(
    door: Integration, member: User, stranger: User, browser_of: Browser
) -> None:
    old = came(door, {"summary": "Disk"})
    for user in (member, stranger):
        assert browser_of(user).post(f"/integrations/{door.pk}/events/{old}/replay/").status_code == 404
        assert browser_of(user).post(f"/integrations/{door.pk}/replay/", {"most": "1"}).status_code == 404
        assert (
            "/replay/" not in browser_of(user).get(f"/integrations/{door.pk}/events/{old}/").content.decode()
        )
    assert Event.objects.count() == 1


def test_an_event_of_another_integration_is_not_replayed_through_this_one(
    door: Integration, integration: tuple[Integration, str], owner: User, browser_of: Browser
) -> None:
    old = came(door, {"summary": "Disk"})
    assert (
        browser_of(owner).post(f"/integrations/{integration[0].pk}/events/{old}/replay/").status_code == 404
    )


def test_the_newest_go_through_again_in_their_order_without_tests_pings_and_replays(
    door: Integration, owner: User
) -> None:
    came(door, {"summary": "too old", "id": "o"})
    came(door, {"summary": "Disk", "id": "d"})
    came(door, {"id": "d", "status": "resolved"})
    store_test(actor=owner, integration=door, now=NOW)
    came(door, {"action": "trigger"}, endpoint="own")
    came(door, {"summary": "Disk", "id": "d"}, replay_of=1)
    found = replay_newest(actor=owner, integration=door, now=NOW, most=2)
    new = Event.objects.filter(pk__gte=found.first).order_by("pk")
    assert [json.loads(event.body).get("status") for event in new] == [None, "resolved"]
    assert found.count == 2


def test_a_replay_is_bounded_in_number_and_time(door: Integration, owner: User) -> None:
    for _ in range(3):
        came(door, {"summary": "x"})
    assert replay_newest(actor=owner, integration=door, now=NOW, since=NOW + timedelta(hours=1)).count == 0
    for most in (0, 1001):
        with pytest.raises(TooMany):
            replay_newest(actor=owner, integration=door, now=NOW, most=most)


def test_progress_is_shown_until_all_were_read(door: Integration, owner: User, browser_of: Browser) -> None:
    for number in range(3):
        came(door, {"summary": "x", "id": number})
    process_waiting(now=NOW)
    path = f"/integrations/{door.pk}/replay/"
    answer = browser_of(owner).post(path, {"most": "10"})
    page = browser_of(owner).get(answer["Location"]).content.decode()
    assert "0 of 3 events were read again." in page
    assert "every 1s" in page
    process_waiting(now=NOW)
    page = browser_of(owner).get(answer["Location"]).content.decode()
    assert "3 of 3 events were read again." in page
    assert "every 1s" not in page
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 3


@pytest.mark.parametrize(
    "query", ["first=x&last=2", "first=9&last=1", f"first=1&last={'9' * 30}", "first=1", "first=0&last=5"]
)
def test_odd_addresses_of_progress_are_no_failure(
    door: Integration, owner: User, browser_of: Browser, query: str
) -> None:
    assert browser_of(owner).get(f"/integrations/{door.pk}/replay/?{query}").status_code == 200
    assert progress(door, 0, 5) is None


def test_nothing_to_replay_and_a_disabled_door_say_so(
    door: Integration, owner: User, browser_of: Browser
) -> None:
    path = f"/integrations/{door.pk}/replay/"
    assert "There is no such event." in browser_of(owner).post(path, {"most": "5"}).content.decode()
    old = came(door, {"summary": "x"})
    Integration.objects.filter(pk=door.pk).update(disabled_at=NOW)
    assert "is disabled" in browser_of(owner).post(path, {"most": "5"}).content.decode()
    browser_of(owner).post(f"/integrations/{door.pk}/events/{old}/replay/")
    assert Event.objects.count() == 1


def test_replays_by_the_api(door: Integration, owner: User, member: User, browser_of: Browser) -> None:
    old = came(door, {"summary": "x"})
    path = f"/api/v1/integrations/{door.pk}/replay"
    one = browser_of(owner).post(path, {"event": old}, content_type="application/json")
    assert one.status_code == 201
    assert Event.objects.get(pk=one.json()["first"]).replay_of == old
    several = browser_of(owner).post(path, {"most": 5}, content_type="application/json")
    assert several.json()["count"] == 1
    assert browser_of(owner).post(path, {"most": 0}, content_type="application/json").status_code == 400
    assert browser_of(owner).post(path, {"event": 10**9}, content_type="application/json").status_code == 404
    assert browser_of(member).post(path, {}, content_type="application/json").status_code in (403, 404)
