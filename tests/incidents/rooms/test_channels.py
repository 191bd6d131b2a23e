"""Adding, trying out and removing the rooms of a service and of a team."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Team, User
from catalog.models import Service
from incidents.actions import channels
from incidents.models import Channel
from notifications.models import Delivery

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def test_a_manager_adds_a_room_on_the_service_s_page(
    slack: None, browser_of: Browser, owner: User, service: Service
) -> None:
    browser = browser_of(owner)
    assert f"/services/{service.slug}/rooms/" in browser.get(f"/services/{service.slug}/").content.decode()
    page = f"/services/{service.slug}/rooms/?by=slack"
    assert "Channel ID or link" in browser.get(page).content.decode()
    answer = browser.post(
        page, {"address": "https://acme.slack.com/archives/C0ROOM", "label": "#pay"}, follow=True
    )
    assert "#pay" in answer.content.decode()
    room = Channel.objects.get()
    assert (room.service, room.transport, room.address, room.created_by) == (
        service,
        "slack",
        "C0ROOM",
        owner,
    )


def test_a_manager_adds_a_room_on_the_team_s_page(
    slack: None, browser_of: Browser, owner: User, team: Team, service: Service
) -> None:
    browser = browser_of(owner)
    browser.post(f"/teams/{team.slug}/rooms/?by=slack", {"address": "C0TEAM", "label": ""})
    assert Channel.objects.get().team == team
    assert "C0TEAM" in browser.get(f"/teams/{team.slug}/").content.decode()
    assert "C0TEAM" in browser.get(f"/services/{service.slug}/").content.decode()


def test_a_wrong_address_and_the_same_room_again_are_refused(
    room: Channel, browser_of: Browser, owner: User, service: Service
) -> None:
    page = f"/services/{service.slug}/rooms/?by=slack"
    for address, said in (("#general", "no channel ID"), ("c0room", "already")):
        assert said in browser_of(owner).post(page, {"address": address}).content.decode()
    assert Channel.objects.count() == 1


def test_a_member_and_a_stranger_find_no_such_page(
    room: Channel,
    browser_of: Browser,
    member: User,
    stranger: User,
    viewer: User,
    service: Service,
    team: Team,
) -> None:
    for person in (member, stranger, viewer):
        browser = browser_of(person)
        for path in (
            f"/services/{service.slug}/rooms/?by=slack",
            f"/teams/{team.slug}/rooms/?by=slack",
            f"/rooms/{room.pk}/test/",
            f"/rooms/{room.pk}/remove/",
        ):
            assert browser.post(path, {"address": "C0EVIL"}).status_code == 404
        seen = browser.get(f"/services/{service.slug}/").content.decode()
        assert "#pay" in seen
        assert "/rooms/" not in seen
    assert Channel.objects.get() == room
    assert not Delivery.objects.exists()


def test_the_actions_refuse_them_too(
    room: Channel, member: User, stranger: User, service: Service, now: datetime
) -> None:
    for person in (member, stranger):
        with pytest.raises(channels.NotAllowed):
            channels.add_channel(actor=person, owner=service, transport="slack", address="C0X", now=now)
        with pytest.raises(channels.NotAllowed):
            channels.remove_channel(actor=person, channel=room, now=now)
        with pytest.raises(channels.NotAllowed):
            channels.test_channel(actor=person, channel=room, now=now)


def test_a_test_goes_to_the_room_and_says_what_became_of_it(
    room: Channel, browser_of: Browser, owner: User, service: Service
) -> None:
    browser = browser_of(owner)
    browser.post(f"/rooms/{room.pk}/test/")
    row = Delivery.objects.get()
    assert (row.kind, row.transport, row.address, row.subject) == (
        "test",
        "slack",
        "C0ROOM",
        f"channel:{room.pk}",
    )
    assert "a moment ago" in browser.post(f"/rooms/{room.pk}/test/", follow=True).content.decode()
    Delivery.objects.update(state="failed", outcome="Slack: not_in_channel")
    assert "not_in_channel" in browser.get(f"/services/{service.slug}/").content.decode()


def test_a_test_can_be_repeated_later(room: Channel, owner: User, now: datetime) -> None:
    for seconds in (0, 21):
        channels.test_channel(actor=owner, channel=room, now=now + timedelta(seconds=seconds))
    assert Delivery.objects.count() == 2


def test_a_room_is_removed(room: Channel, browser_of: Browser, owner: User) -> None:
    browser_of(owner).post(f"/rooms/{room.pk}/remove/")
    assert not Channel.objects.exists()


def test_a_channel_that_is_not_set_up_or_is_for_people_alone_is_not_offered(
    browser_of: Browser, owner: User, service: Service, now: datetime
) -> None:
    assert "slack" not in {each.name for each in channels.offered()}
    for name in ("slack", "email", "carrier-pigeon"):
        with pytest.raises(channels.NoRoom):
            channels.add_channel(actor=owner, owner=service, transport=name, address="x", now=now)


def test_twenty_rooms_are_enough(slack: None, owner: User, service: Service, now: datetime) -> None:
    for n in range(channels.MOST):
        channels.add_channel(actor=owner, owner=service, transport="slack", address=f"C0{n}", now=now)
    with pytest.raises(channels.TooMany):
        channels.add_channel(actor=owner, owner=service, transport="slack", address="C0X", now=now)


def test_an_address_that_is_a_secret_is_not_shown(
    browser_of: Browser, owner: User, service: Service, now: datetime
) -> None:
    secret = "https://discord.com/api/webhooks/123456789012345678/" + "s3cret" * 11
    room = channels.add_channel(actor=owner, owner=service, transport="discord", address=secret, now=now)
    browser = browser_of(owner)
    pages = [
        browser.get(f"/services/{service.slug}/"),
        browser.post(f"/rooms/{room.pk}/test/", follow=True),
        browser.post(f"/rooms/{room.pk}/remove/", follow=True),
    ]
    assert all("s3crets3cret" not in page.content.decode() for page in pages)
