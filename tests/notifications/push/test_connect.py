"""Turning notifications on: the page, the device's name, and the first push that proves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from notifications import outbox, transports
from notifications.models import ContactMethod, Delivery, DeliveryKind, SigningKey
from notifications.transports.push.devices import device_name
from tests.notifications.chats.server import Chat
from tests.notifications.push.browser import Browser

pytestmark = pytest.mark.django_db
Browsers = Callable[[User], Client]
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
PAGE = "/me/push/"


def _turn_on(client: Client, browser: Browser) -> str:
    """As the page's script does; returns where it leads."""
    answer = client.post(PAGE, {"subscription": browser.json}, headers={"user-agent": PHONE})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return answer.headers["Location"]


def test_a_device_is_added_proved_by_a_push_and_usable(
    browser_of: Browsers, member: User, browser: Browser, service_host: Chat
) -> None:
    client = browser_of(member)
    where = _turn_on(client, browser)
    method = ContactMethod.objects.get(transport="push")
    assert (method.user, method.label, method.is_usable) == (member, "Chrome on Android", False)
    assert where == f"{PAGE}?device={method.pk}"
    assert "on its way" in client.get(where).content.decode()
    assert client.get(where, headers={"hx-request": "true"}).status_code == 204
    outbox.send_due(worker="test", now=timezone.now())
    said = browser.read(service_host.last)
    assert (said["kind"], len(said["code"])) == ("verification", 6)
    posted = Client().post(
        "/hooks/push/seen",
        json.dumps({"report": said["report"], "code": said["code"]}),
        content_type="application/json",
    )
    assert posted.status_code == 200
    method.refresh_from_db()
    assert method.is_usable
    fragment = client.get(where, headers={"hx-request": "true"}).content.decode()
    assert "Verified" in fragment
    assert "<html" not in fragment


def test_a_subscription_is_no_secret_to_be_read_in_the_database(
    browser_of: Browsers, member: User, browser: Browser
) -> None:
    _turn_on(browser_of(member), browser)
    method = ContactMethod.objects.get(transport="push")
    keys = browser.subscription["keys"]
    for kept in (browser.endpoint, keys["auth"], keys["p256dh"]):
        assert kept not in method.secret + method.address + method.label
    assert browser.endpoint not in json.dumps(list(Delivery.objects.values_list("address", flat=True)))


def test_turning_on_twice_is_one_device(
    browser_of: Browsers, member: User, browser: Browser, now: datetime
) -> None:
    client = browser_of(member)
    _turn_on(client, browser)
    ContactMethod.objects.filter(transport="push").update(verified_at=now)
    _turn_on(client, browser)
    assert ContactMethod.objects.filter(transport="push").count() == 1
    assert Delivery.objects.filter(kind=DeliveryKind.VERIFICATION).count() == 1


def test_a_device_that_was_switched_off_starts_again(
    browser_of: Browsers, member: User, browser: Browser, now: datetime
) -> None:
    client = browser_of(member)
    _turn_on(client, browser)
    ContactMethod.objects.filter(transport="push").update(verified_at=now, disabled_at=now)
    Delivery.objects.update(created_at=now)
    _turn_on(client, browser)
    method = ContactMethod.objects.get(transport="push")
    assert (method.disabled_at, method.verified_at, method.label) == (None, None, "Chrome on Android")


def test_impatience_is_told_to_wait(browser_of: Browsers, member: User, browser: Browser) -> None:
    client = browser_of(member)
    _turn_on(client, browser)
    answer = client.post(PAGE, {"subscription": browser.json})
    assert answer.status_code == 200
    assert "One message a minute" in answer.content.decode()


def test_two_people_at_one_browser_have_a_method_each(
    browser_of: Browsers, member: User, owner: User, browser: Browser
) -> None:
    _turn_on(browser_of(member), browser)
    _turn_on(browser_of(owner), browser)
    assert set(ContactMethod.objects.filter(transport="push").values_list("user", flat=True)) == {
        member.pk,
        owner.pk,
    }


def test_nonsense_is_refused_in_words(browser_of: Browsers, member: User) -> None:
    SigningKey.objects.all().delete()
    for raw in ("", "{}", '{"endpoint": "http://10.0.0.1/", "keys": {}}', "x" * 5000):
        answer = browser_of(member).post(PAGE, {"subscription": raw})
        assert answer.status_code == 200
        assert 'role="alert"' in answer.content.decode()
    assert not ContactMethod.objects.filter(transport="push").exists()
    assert not SigningKey.objects.exists()


def test_a_stranger_sees_nothing_of_another_s_device(
    browser_of: Browsers, member: User, stranger: User, browser: Browser
) -> None:
    where = _turn_on(browser_of(member), browser)
    assert "Chrome on Android" not in browser_of(stranger).get(where).content.decode()
    assert Client().get(where).status_code == 302


def test_a_key_that_no_start_made_is_made_when_the_first_person_asks(
    browser_of: Browsers, member: User
) -> None:
    SigningKey.objects.all().delete()
    client = browser_of(member)
    client.get(PAGE)
    assert not SigningKey.objects.exists()
    first = client.post("/me/push/key").json()["key"]
    assert client.post("/me/push/key").json()["key"] == first
    SigningKey.objects.update(private="other")
    assert client.post("/me/push/key").status_code == 503
    assert Client().post("/me/push/key").status_code == 302


def test_a_dead_browser_is_switched_off(
    browser_of: Browsers, member: User, device: ContactMethod, service_host: Chat
) -> None:
    service_host.answers = [(410, {}, b"")]
    browser_of(member).post(f"/me/methods/{device.pk}/test/")
    outbox.send_due(worker="test", now=timezone.now())
    device.refresh_from_db()
    assert not device.is_usable


def test_people_without_https_are_told_why(browser_of: Browsers, member: User, settings: object) -> None:
    settings.SITE_URL = "http://tocsin.acme.example"  # type: ignore[attr-defined]
    assert not transports.get("push").is_available()
    assert "https addresses only" in browser_of(member).get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (PHONE, "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_device_has_a_name_that_its_person_knows(agent: str, name: str) -> None:
    assert device_name(agent) == name
    assert device_name(agent, {name, f"{name} (2)"}) == f"{name} (3)"
