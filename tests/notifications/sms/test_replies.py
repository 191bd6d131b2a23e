"""Answers by text, signed as Twilio signs, and reports about what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from notifications import outbox, settling
from notifications.actions.methods import switch_off
from notifications.claims import Claimed
from notifications.models import Attempt, ContactMethod, Delivery, Inbound, ReplyCode
from notifications.subjects import Verb
from notifications.transports.base import Receipt
from notifications.transports.sms.replies import wish
from notifications.transports.telephone.reports import report_url
from tests.notifications.chats.conftest import Answers
from tests.notifications.sms.common import NUMBER, PHONE, call_in, set_up, with_twilio

Paged = Callable[..., tuple[Delivery, str]]
pytestmark = pytest.mark.django_db
PATH = "/hooks/sms/twilio"
FORM = "application/x-www-form-urlencoded"
SECRET = "a-word-of-our-gateway"


@pytest.fixture(autouse=True)
def at_now(now: datetime) -> Any:
    with_twilio("https://api.example.test", now)
    with time_machine.travel(now, tick=False):
        yield


def text(body: str, number: str = PHONE, sid: str = "SM1") -> dict[str, str]:
    return {"MessageSid": sid, "From": number, "To": NUMBER, "Body": body, "NumMedia": "0"}


def coded(delivery: Delivery, code: str, until: datetime) -> Delivery:
    assert delivery.user
    ReplyCode.objects.create(delivery=delivery, user=delivery.user, code=code, expires_at=until)
    return delivery


@pytest.fixture
def page(paged: Paged, member: User, now: datetime) -> Delivery:
    return coded(paged(member, "sms", PHONE)[0], "4711", now + timedelta(days=2))


@pytest.mark.parametrize(
    ("written", "verb", "code"),
    [
        *[
            (each, Verb.ACKNOWLEDGE, "4711")
            for each in ("A 4711", "ack 4711.", "4711 a", "a4711", "Ack: 4711!")
        ],
        *[(each, Verb.ACKNOWLEDGE, "") for each in ("a", " A. ", "ACK")],
        ("e-4711", Verb.ESCALATE, "4711"),
        ("Resolve 4711", Verb.RESOLVE, "4711"),
        ("\uff21 \uff14\uff17\uff11\uff11", Verb.ACKNOWLEDGE, "4711"),
    ],
)
def test_an_answer_is_read_however_it_is_written(written: str, verb: Verb, code: str) -> None:
    assert wish(written) == (verb, code)


@pytest.mark.parametrize(
    "written", ["", "ok", "4711", "a e 4711", "a 4711 4712", "I am on a train", "a 12", "é"]
)
def test_what_is_not_clear_is_no_answer(written: str) -> None:
    assert wish(written) is None


def test_a_letter_and_the_code_acknowledge(
    client: Client, page: Delivery, member: User, asked: Answers
) -> None:
    said = call_in(client, PATH, text("a 4711"))
    assert said.status_code == 200
    assert said.headers["Content-Type"].startswith("text/xml")
    assert f"<Message>{member.name} has it.</Message>" in said.content.decode()
    assert asked.asked == [(Verb.ACKNOWLEDGE, member, "sms")]
    row = Inbound.objects.get()
    assert (row.delivery, row.provider_id, row.outcome) == (page, "SM1", f"{member.name} has it.")


def test_the_same_message_again_changes_nothing(client: Client, page: Delivery, asked: Answers) -> None:
    for _ in range(2):
        said = call_in(client, PATH, text("e 4711"))
    assert "<Message>" not in said.content.decode()
    assert len(asked.asked) == 1
    late = call_in(client, PATH, text("e 4711", sid="SM2"))
    assert "did this before" in late.content.decode()


def test_a_letter_alone_works_when_one_page_waits(
    client: Client, page: Delivery, paged: Paged, member: User, asked: Answers, now: datetime
) -> None:
    second = coded(paged(member, "sms", PHONE)[0], "5822", now + timedelta(days=2))
    said = call_in(client, PATH, text("a")).content.decode()
    assert "4711 Checkout is down" in said
    assert "5822" in said
    assert asked.asked == []
    asked.over.add(second.subject)
    call_in(client, PATH, text("A", sid="SM2"))
    assert [verb for verb, _who, _via in asked.asked] == [Verb.ACKNOWLEDGE]


def test_an_expired_and_another_persons_code_do_nothing(
    client: Client, page: Delivery, paged: Paged, owner: User, asked: Answers, now: datetime
) -> None:
    coded(paged(owner, "sms", "+4915199999999")[0], "9999", now + timedelta(days=2))
    assert "No page of yours" in call_in(client, PATH, text("a 9999")).content.decode()
    with time_machine.travel(now + timedelta(days=3), tick=False):
        assert "No page of yours" in call_in(client, PATH, text("a 4711", sid="SM2")).content.decode()
    assert asked.asked == []


def test_an_unknown_number_and_a_stop_get_no_answer(client: Client, page: Delivery, asked: Answers) -> None:
    for number, body in (("+15550001111", "a 4711"), ("Bank", "a 4711"), (PHONE, "STOP")):
        said = call_in(client, PATH, text(body, number, f"SM-{number}-{body}"))
        assert said.status_code == 200
        assert "<Message>" not in said.content.decode()
    assert asked.asked == []
    assert Inbound.objects.count() == 3


def test_what_twilio_did_not_sign_is_refused(
    client: Client, page: Delivery, asked: Answers, settings: Any
) -> None:
    settings.SITE_URL = "https://tocsin.example.test"
    assert call_in(client, PATH, text("a 4711"), auth="0" * 32).status_code == 403
    assert call_in(client, PATH, text("a 4711"), site="http://tocsin.example.test").status_code == 403
    assert client.post(PATH, text("a 4711")).status_code == 403
    assert client.post(PATH, b"x" * 70_000, content_type="text/plain").status_code == 413
    assert client.post(PATH, b"\xff\xfe", content_type="text/plain").status_code == 403
    assert not Inbound.objects.exists()
    assert asked.asked == []
    assert call_in(client, PATH, text("a 4711")).status_code == 200


def test_a_gateways_reply_is_answered_by_a_text(
    client: Client, page: Delivery, asked: Answers, now: datetime
) -> None:
    set_up("gateway-sms", now, inbound_secret=SECRET, in_from="msisdn", in_text="body.text", in_id="body.id")
    said = {"msisdn": PHONE[1:], "body": {"text": "A 4711", "id": 7}}
    for word, status in (("another-word-altogether", 403), (SECRET, 200), (SECRET, 200)):
        answer = client.post(f"/hooks/sms/gateway/{word}", json.dumps(said), content_type="application/json")
        assert answer.status_code == status
    assert len(asked.asked) == 1
    notice = Delivery.objects.get(kind="notice")
    assert notice.address == PHONE
    assert "has it" in notice.message["headline"]


def test_a_report_is_taken_once_and_in_any_order(client: Client, page: Delivery) -> None:
    Delivery.objects.filter(pk=page.pk).update(provider_id="SM9")
    path = urlsplit(report_url("sms", "twilio", page.pk)).path
    for status in ("delivered", "sent", "delivered"):
        assert call_in(client, path, {"MessageSid": "SM9", "MessageStatus": status}).status_code == 200
    page.refresh_from_db()
    assert page.state == "delivered"
    assert page.delivered_at
    forged = {"MessageSid": "SM9", "MessageStatus": "failed"}
    assert client.post(path, forged).status_code == 403
    assert call_in(client, path + "x", forged).status_code == 403


def test_a_report_that_it_failed_says_why(client: Client, page: Delivery) -> None:
    Delivery.objects.filter(pk=page.pk).update(provider_id="SM9")
    path = urlsplit(report_url("sms", "twilio", page.pk)).path
    said = {"MessageSid": "SM-of-a-former-try", "MessageStatus": "undelivered", "ErrorCode": "30005"}
    call_in(client, path, said)
    page.refresh_from_db()
    assert page.state == "sent"
    call_in(client, path, {**said, "MessageSid": "SM9"})
    page.refresh_from_db()
    assert (page.state, page.outcome) == ("failed", "Twilio: undelivered 30005 (the number is not in use)")


@pytest.mark.parametrize("state", ["sending", "pending"])
def test_a_report_that_overtakes_the_providers_answer_is_taken_at_once(
    client: Client, page: Delivery, now: datetime, state: str
) -> None:
    """It is on its way, or its answer was lost and it waits for its next try: then it is not sent again."""
    Delivery.objects.filter(pk=page.pk).update(state=state, sent_at=None, attempts_made=1)
    Attempt.objects.create(delivery=page, number=1, transport="sms", started_at=now)
    path = urlsplit(report_url("sms", "gateway-sms", page.pk)).path
    assert client.post(path, "status=DELIVRD", content_type=FORM).status_code == 200
    if state == "sending":
        settling.sent(claimed(page), Receipt("SM9", "taken"), now)
    page.refresh_from_db()
    assert page.state == "delivered"
    assert page.delivered_at
    assert page.sent_at
    assert Attempt.objects.get().succeeded
    assert outbox.send_due(worker="test", now=now + timedelta(hours=1)) == 0


def test_an_early_report_that_it_failed_makes_the_next_method_due(
    client: Client, page: Delivery, paged: Paged, member: User, now: datetime
) -> None:
    Delivery.objects.filter(pk=page.pk).update(state="sending", sent_at=None, attempts_made=1)
    second, _token = paged(member, "voice", PHONE)
    later = now + timedelta(minutes=5)
    Delivery.objects.filter(pk=second.pk).update(state="pending", due_at=later, scheduled_at=later)
    path = urlsplit(report_url("sms", "twilio", page.pk)).path
    call_in(client, path, {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": "30003"})
    settling.sent(claimed(page), Receipt("SM9", "taken"), now)
    page.refresh_from_db()
    second.refresh_from_db()
    assert (page.state, second.due_at) == ("failed", now)
    assert page.outcome == "Twilio: undelivered 30003 (the phone is off or out of reach)"


@pytest.mark.parametrize(
    ("code", "is_off"), [("30003", False), ("30004", False), ("30005", True), ("30006", True), ("x", False)]
)
def test_a_dead_number_is_switched_off_and_one_out_of_reach_is_not(
    client: Client, page: Delivery, code: str, is_off: bool
) -> None:
    Delivery.objects.filter(pk=page.pk).update(provider_id="SM9")
    path = urlsplit(report_url("sms", "twilio", page.pk)).path
    call_in(client, path, {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": code})
    method = ContactMethod.objects.get(transport="sms")
    assert (method.disabled_at is not None) == is_off
    page.refresh_from_db()
    assert page.state == "failed"


def test_start_switches_on_again_what_stop_had_switched_off_and_nothing_else(
    client: Client, page: Delivery, now: datetime
) -> None:
    method = ContactMethod.objects.get(transport="sms")

    def says(word: str, sid: str) -> bool:
        assert "<Message>" not in call_in(client, PATH, text(word, sid=sid)).content.decode()
        method.refresh_from_db()
        return method.is_usable

    assert not says("Stop", "SM1")
    assert not says("a 4711", "SM2"), "nobody answers by a number that is off"
    assert says("START", "SM3")
    switch_off(method_id=method.pk, reason="Twilio: 21610 (STOP was replied to our number)", now=now)
    assert says(" unstop", "SM4")
    switch_off(method_id=method.pk, reason="Twilio: 30005 (the number is not in use)", now=now)
    assert not says("START", "SM5")
    switch_off(method_id=method.pk, reason="Removed while messages waited.", now=now)
    assert not says("START", "SM6")


def test_a_letter_alone_does_not_count_what_somebody_else_answered(
    client: Client, page: Delivery, paged: Paged, member: User, asked: Answers, now: datetime
) -> None:
    second = coded(paged(member, "sms", PHONE)[0], "5822", now + timedelta(days=2))
    asked.over.add(second.subject)
    call_in(client, PATH, text("a"))
    assert [verb for verb, _who, _via in asked.asked] == [Verb.ACKNOWLEDGE]
    assert Inbound.objects.get().delivery == page


def test_a_letter_alone_after_all_was_answered_is_told_by_whom(
    client: Client, page: Delivery, asked: Answers, owner: User
) -> None:
    asked.over.add(page.subject)
    asked.asked.append((Verb.ACKNOWLEDGE, owner, "web"))
    assert f"{owner.name} did this before" in call_in(client, PATH, text("a")).content.decode()
    assert "No page waits" in call_in(client, PATH, text("e", sid="SM2")).content.decode()
    assert len(asked.asked) == 1


def claimed(page: Delivery) -> Claimed:
    """As a sender has it in hand."""
    return Claimed(
        id=page.pk,
        key=page.key,
        kind=page.kind,
        subject=page.subject,
        transport=page.transport,
        address=page.address,
        circuit="",
        message={},
        attempt=1,
        scheduled_at=page.scheduled_at,
        user_id=page.user_id,
        method_id=page.method_id,
        throttle=None,
        secret="",
        replaces_id=None,
        replaces=None,
    )
