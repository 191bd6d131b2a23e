"""What the worker in the browser posts, without any session."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lib.sealing import unseal
from notifications import acks
from notifications.actions.methods import send_code
from notifications.keys import vapid_keys
from notifications.models import ContactMethod, Delivery, Inbound
from notifications.subjects import Verb
from notifications.transports.push import tokens
from notifications.transports.push.subscriptions import Subscription, stored
from tests.notifications.chats.conftest import KIND, Answers
from tests.notifications.push.browser import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(device: ContactMethod, now: datetime) -> Delivery:
    """To Milan's browser, handed over already."""
    return Delivery.objects.create(
        key="page:1",
        subject=f"{KIND}:7",
        group="g",
        user=device.user,
        method=device,
        transport="push",
        address=device.address,
        state="sent",
        sent_at=now,
        created_at=now,
        scheduled_at=now,
        due_at=now,
        provider_id="e1-41",
    )


def _post(path: str, body: object, **options: Any) -> Any:
    """As the worker does: no cookie, and CSRF checks on."""
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/hooks/push/{path}", json.dumps(body), content_type="application/json", **options)


def _press(page: Delivery, verb: str = "acknowledge") -> Any:
    return _post("answer", {"token": acks.token(page.pk), "verb": verb})


def test_the_button_acknowledges_for_the_person_who_was_paged(page: Delivery, asked: Answers) -> None:
    answer = _press(page)
    assert answer.json() == {"text": "Milan Member has it.", "changed": True}
    [(verb, person, via)] = asked.asked
    assert (verb, person, via) == (Verb.ACKNOWLEDGE, page.user, "push")
    assert Inbound.objects.get().delivery == page


def test_a_second_press_says_who_has_it(page: Delivery, asked: Answers) -> None:
    _press(page)
    answer = _press(page)
    assert answer.json() == {"text": "Milan Member did this before.", "changed": False}
    assert len(asked.asked) == 1
    assert Inbound.objects.count() == 1


@pytest.mark.parametrize("token", ["", "1~x~y", 7, None, "\x00", "41~" + "a" * 500])
def test_a_forged_token_changes_nothing(token: object, page: Delivery, asked: Answers) -> None:
    answer = _post("answer", {"token": token, "verb": "acknowledge"})
    assert answer.status_code == 403
    assert asked.asked == []
    assert not Inbound.objects.exists()


def test_a_token_of_another_channel_is_refused(page: Delivery, asked: Answers) -> None:
    Delivery.objects.update(transport="ntfy")
    assert _press(page).status_code == 403
    assert asked.asked == []


def test_an_old_token_says_so(page: Delivery, asked: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acks, "VALID_FOR", timedelta(seconds=-1))
    answer = _press(page)
    assert (answer.status_code, asked.asked) == (410, [])
    assert "two days" in answer.json()["text"]


def test_a_verb_that_is_none_is_refused(page: Delivery, asked: Answers) -> None:
    assert _press(page, "delete").status_code == 400
    assert asked.asked == []


@pytest.mark.parametrize("path", ["answer", "seen", "replace"])
@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 5000, b'"' + b"x" * 70_000 + b'"'])
def test_what_is_no_object_is_refused(path: str, raw: bytes, page: Delivery) -> None:
    answer = Client().post(f"/hooks/push/{path}", raw, content_type="application/json")
    assert answer.status_code in (400, 403, 413)


@pytest.mark.parametrize("path", ["answer", "seen", "replace"])
def test_nothing_is_fetched_there(path: str) -> None:
    assert Client().get(f"/hooks/push/{path}").status_code == 405


def test_a_report_of_a_page_gives_the_browser_what_it_needs_later(
    page: Delivery, device: ContactMethod
) -> None:
    answer = _post("seen", {"report": tokens.report(page.pk)})
    assert answer.status_code == 200
    assert tokens.method_of(answer.json()["device"]) == device.pk
    assert answer.json()["key"] == vapid_keys(timezone.now()).public


def test_a_report_is_written_into_the_ledger_once(page: Delivery, now: datetime) -> None:
    _post("seen", {"report": tokens.report(page.pk)})
    page.refresh_from_db()
    assert (page.state, page.read_at) == ("delivered", None)
    first = page.delivered_at
    assert first
    _post("seen", {"report": tokens.report(page.pk), "read": True})
    page.refresh_from_db()
    assert page.delivered_at == first
    assert page.read_at


def test_a_report_that_is_faster_than_the_ledger_comes_again(page: Delivery) -> None:
    Delivery.objects.update(state="sending", sent_at=None)
    assert _post("seen", {"report": tokens.report(page.pk)}).status_code == 425


@pytest.mark.parametrize("report", ["", "41", 4, None, "41~x~y"])
def test_a_forged_report_is_refused(report: object, page: Delivery) -> None:
    assert _post("seen", {"report": report}).status_code == 403


def test_the_token_of_a_report_acknowledges_nothing(page: Delivery, asked: Answers) -> None:
    answer = _post("answer", {"token": tokens.report(page.pk), "verb": "acknowledge"})
    assert (answer.status_code, asked.asked) == (403, [])
    assert _post("seen", {"report": acks.token(page.pk)}).status_code == 403


@pytest.fixture
def unproved(device: ContactMethod, now: datetime) -> Delivery:
    """The first push to a browser, with its code on the way."""
    ContactMethod.objects.update(verified_at=None)
    device.refresh_from_db()
    row = send_code(actor=device.user, method=device, now=timezone.now())
    Delivery.objects.filter(pk=row.pk).update(state="sent", sent_at=now)
    return row


def test_the_code_from_the_first_push_verifies_the_device(unproved: Delivery, device: ContactMethod) -> None:
    code = unproved.message["code"]
    assert _post("seen", {"report": tokens.report(unproved.pk), "code": code}).status_code == 200
    device.refresh_from_db()
    assert device.is_usable
    # A repeat of the worker is no harm.
    assert _post("seen", {"report": tokens.report(unproved.pk), "code": code}).status_code == 200


def test_a_wrong_code_verifies_nothing(unproved: Delivery, device: ContactMethod) -> None:
    wrong = f"{(int(unproved.message['code']) + 1) % 1_000_000:06d}"
    answers = [_post("seen", {"report": tokens.report(unproved.pk), "code": wrong}) for _ in range(6)]
    assert [each.status_code for each in answers] == [403] * 5 + [410]
    right = {"report": tokens.report(unproved.pk), "code": unproved.message["code"]}
    assert _post("seen", right).status_code == 410
    device.refresh_from_db()
    assert not device.is_usable


def test_a_report_without_the_code_verifies_nothing(unproved: Delivery, device: ContactMethod) -> None:
    assert _post("seen", {"report": tokens.report(unproved.pk)}).status_code == 200
    device.refresh_from_db()
    assert not device.is_usable


def test_the_code_of_another_device_verifies_nothing(
    unproved: Delivery, device: ContactMethod, now: datetime
) -> None:
    other = ContactMethod.objects.create(
        user=device.user, transport="push", address="https://push.example.test/#other", created_at=now
    )
    later = timezone.now() + timedelta(minutes=5)
    theirs = send_code(actor=device.user, method=other, now=later)
    answer = _post("seen", {"report": tokens.report(unproved.pk), "code": theirs.message["code"]})
    assert answer.status_code == 403
    assert not ContactMethod.objects.usable().filter(transport="push").exists()


def test_a_browser_that_moved_keeps_its_method_and_rules(device: ContactMethod, browser: Browser) -> None:
    moved = Browser(browser.endpoint + "-new")
    ContactMethod.objects.update(disabled_at=timezone.now(), disabled_reason="HTTP 410")
    answer = _post("replace", {"device": tokens.device(device.pk), "subscription": moved.subscription})
    assert answer.status_code == 200
    device.refresh_from_db()
    assert device.is_usable
    assert stored(unseal(device.secret)).endpoint == moved.endpoint
    assert device.address.partition("#")[2]


@pytest.mark.parametrize("token", ["", "1", "1~x", None])
def test_who_has_not_the_device_s_token_moves_nothing(
    token: object, device: ContactMethod, browser: Browser, subscription: Subscription
) -> None:
    moved = Browser(browser.endpoint + "-theirs")
    assert _post("replace", {"device": token, "subscription": moved.subscription}).status_code == 403
    device.refresh_from_db()
    assert device.address == subscription.address


def test_a_device_that_was_removed_does_not_come_back(device: ContactMethod, browser: Browser) -> None:
    body = {"device": tokens.device(device.pk), "subscription": browser.subscription}
    device.delete()
    assert _post("replace", body).status_code == 410
    assert not ContactMethod.objects.filter(transport="push").exists()


def test_a_device_that_was_never_verified_cannot_move(device: ContactMethod, browser: Browser) -> None:
    ContactMethod.objects.update(verified_at=None)
    moved = Browser(browser.endpoint + "-new")
    body = {"device": tokens.device(device.pk), "subscription": moved.subscription}
    assert _post("replace", body).status_code == 410


def test_a_subscription_that_leads_inside_is_refused(device: ContactMethod, browser: Browser) -> None:
    inside = {**browser.subscription, "endpoint": "http://169.254.169.254/latest"}
    body = {"device": tokens.device(device.pk), "subscription": inside}
    assert _post("replace", body).status_code == 400
