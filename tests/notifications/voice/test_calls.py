"""Calls: what is said, which digit counts, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from notifications.models import Delivery, Inbound, Provider
from notifications.subjects import Verb
from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from notifications.transports.telephone.reports import report_url
from notifications.transports.voice.transport import TRANSPORT
from tests.notifications.chats.conftest import Answers
from tests.notifications.chats.server import Chat
from tests.notifications.sms.common import PHONE, SID, TWILIO, call_in, refusal, set_up, with_twilio

Made = Callable[..., Envelope]
Paged = Callable[..., tuple[Delivery, str]]
pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
CALL = {"CallSid": "CA1", "To": PHONE, "CallStatus": "in-progress"}


@pytest.fixture
def page(paged: Paged, member: User, now: datetime) -> Any:
    with_twilio("https://api.example.test", now)
    with time_machine.travel(now, tick=False):
        yield paged(member, "voice", PHONE)


def test_a_page_is_a_call_that_asks_us_what_to_say(chat: Chat, envelope: Made, now: datetime) -> None:
    with_twilio(chat.root, now)
    chat.answers = [(201, {}, b'{"sid": "CA1", "status": "queued"}')]
    assert TRANSPORT.send(replace(envelope(PHONE, token="tok~en"), delivery=7)).provider_id == "CA1"
    assert chat.last.path == f"/2010-04-01/Accounts/{SID}/Calls.json"
    form = {name: found[0] for name, found in parse_qs(chat.last.body.decode()).items()}
    assert form["Url"].endswith("/hooks/voice/call/tok~en/1")
    assert "/hooks/voice/status/7-voice-twilio~" in form["StatusCallback"]
    assert "Twiml" not in form


def test_a_code_is_read_digit_by_digit_twice(chat: Chat, envelope: Made, now: datetime) -> None:
    with_twilio(chat.root, now)
    TRANSPORT.send(envelope(PHONE, kind="verification", code="4711"))
    said = parse_qs(chat.last.body.decode())["Twiml"][0]
    assert said.count("4, 7, 1, 1") == 2
    assert "<Gather" not in said


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(21211), PermanentFailure),
        (refusal(20003, 401), TemporaryFailure),
        ((503, {}, b""), TemporaryFailure),
        ((429, {"Retry-After": "3"}, b""), TemporaryFailure),
    ],
)
def test_errors_are_what_they_mean(
    chat: Chat, envelope: Made, now: datetime, answer: Any, kind: type[Exception]
) -> None:
    with_twilio(chat.root, now)
    chat.answers = [answer]
    with pytest.raises(kind):
        TRANSPORT.send(envelope(PHONE, token="t"))


def test_the_headline_is_said_twice_and_a_drill_says_what_it_is(client: Client, page: Any) -> None:
    delivery, token = page
    said = call_in(client, f"/hooks/voice/call/{token}/1", CALL).content.decode()
    assert said.count("Checkout is down") == 2
    assert 'numDigits="1"' in said
    assert f"/hooks/voice/call/{token}/2</Redirect>" in said
    assert "Press 4 to acknowledge. Press 6 to escalate." in said
    Delivery.objects.filter(pk=delivery.pk).update(kind="drill")
    said = call_in(client, f"/hooks/voice/call/{token}/3", CALL).content.decode()
    assert "<Say>This is a test." in said
    assert "<Redirect" not in said


@pytest.mark.parametrize(("key", "verb"), [("4", Verb.ACKNOWLEDGE), ("6", Verb.ESCALATE)])
def test_a_digit_answers_once(
    client: Client, page: Any, member: User, asked: Answers, key: str, verb: Verb
) -> None:
    path = f"/hooks/voice/digit/{page[1]}/1"
    for _ in range(2):
        said = call_in(client, path, {**CALL, "Digits": key}).content.decode()
        assert f"<Say>{member.name} has it.</Say>" in said
    assert asked.asked == [(verb, member, "voice")]
    assert Inbound.objects.count() == 1


@pytest.mark.parametrize("key", ["5", "", "#", "44"])
def test_any_other_key_is_asked_again_and_then_no_more(
    client: Client, page: Any, asked: Answers, key: str
) -> None:
    again = call_in(client, f"/hooks/voice/digit/{page[1]}/1", {**CALL, "Digits": key}).content.decode()
    assert f"/hooks/voice/digit/{page[1]}/2" in again
    over = call_in(client, f"/hooks/voice/digit/{page[1]}/3", {**CALL, "Digits": key}).content.decode()
    assert "<Gather" not in over
    assert asked.asked == []


def test_forged_foreign_and_old_calls_do_nothing(
    client: Client, page: Any, paged: Paged, member: User, asked: Answers, now: datetime, settings: Any
) -> None:
    path, pressed = f"/hooks/voice/digit/{page[1]}/1", {**CALL, "Digits": "4"}
    assert client.post(path, pressed).status_code == 403
    assert call_in(client, path, pressed, auth="0" * 32).status_code == 403
    assert call_in(client, path, pressed, site="http://elsewhere.example.test").status_code == 403
    foreign = paged(member, "sms", PHONE)[1]
    assert call_in(client, f"/hooks/voice/digit/{foreign}/1", pressed).status_code == 403
    with time_machine.travel(now + timedelta(days=3), tick=False):
        assert "older than two days" in call_in(client, path, pressed).content.decode()
    assert asked.asked == []


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_took_has_failed(client: Client, page: Any, status: str) -> None:
    Delivery.objects.filter(pk=page[0].pk).update(provider_id="CA1")
    path = urlsplit(report_url("voice", "twilio", page[0].pk)).path
    assert client.post(path, {**CALL, "CallStatus": status}).status_code == 403
    call_in(client, path, {**CALL, "CallStatus": status})
    page[0].refresh_from_db()
    assert (page[0].state, page[0].outcome) == ("failed", f"Twilio: {status}")


def test_a_mailbox_that_picked_up_is_no_acknowledgement(client: Client, page: Any, asked: Answers) -> None:
    Delivery.objects.filter(pk=page[0].pk).update(provider_id="CA1")
    path = urlsplit(report_url("voice", "twilio", page[0].pk)).path
    call_in(client, path, {**CALL, "CallStatus": "completed"})
    page[0].refresh_from_db()
    assert (page[0].state, page[0].acknowledged_at) == ("delivered", None)
    assert asked.asked == []


@pytest.mark.parametrize("what", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_that_picks_up_is_named_and_the_next_method_is_used(
    client: Client, page: Any, paged: Paged, member: User, asked: Answers, now: datetime, what: str
) -> None:
    """Twilio says so while the call lasts; that it was completed comes afterwards and changes nothing."""
    delivery, _token = page
    Delivery.objects.filter(pk=delivery.pk).update(provider_id="CA1")
    second, _other = paged(member, "sms", PHONE)
    later = now + timedelta(minutes=5)
    Delivery.objects.filter(pk=second.pk).update(state="pending", due_at=later, scheduled_at=later)
    path = urlsplit(report_url("voice", "twilio", delivery.pk)).path
    heard = {"CallSid": "CA1", "AccountSid": SID, "AnsweredBy": what}
    assert client.post(path, heard).status_code == 403
    for said in (heard, {**CALL, "CallStatus": "completed", "AnsweredBy": what}):
        assert call_in(client, path, said).status_code == 200
    delivery.refresh_from_db()
    second.refresh_from_db()
    assert (delivery.state, delivery.outcome) == ("failed", "Twilio: answered by a machine")
    assert second.due_at == now
    assert (asked.asked, delivery.acknowledged_at) == ([], None)


def test_a_person_who_picks_up_is_no_failure(client: Client, page: Any) -> None:
    Delivery.objects.filter(pk=page[0].pk).update(provider_id="CA1")
    path = urlsplit(report_url("voice", "twilio", page[0].pk)).path
    call_in(client, path, {"CallSid": "CA1", "AccountSid": SID, "AnsweredBy": "human"})
    page[0].refresh_from_db()
    assert page[0].state == "sent"


def test_twilio_listens_for_machines_unless_that_is_switched_off(
    chat: Chat, envelope: Made, now: datetime
) -> None:
    with_twilio(chat.root, now)
    TRANSPORT.send(replace(envelope(PHONE, token="tok~en"), delivery=7))
    form = {name: found[0] for name, found in parse_qs(chat.last.body.decode()).items()}
    assert (form["MachineDetection"], form["AsyncAmd"]) == ("Enable", "true")
    assert form["AsyncAmdStatusCallback"] == form["StatusCallback"]
    Provider.objects.all().delete()
    set_up("twilio", now, **dict(TWILIO, api_url=chat.root, detect_machines="no"))
    TRANSPORT.send(replace(envelope(PHONE, token="tok~en"), delivery=7))
    assert b"MachineDetection" not in chat.last.body


def test_a_gateway_reads_it_out_and_reports_the_digit(
    chat: Chat, client: Client, envelope: Made, paged: Paged, member: User, asked: Answers, now: datetime
) -> None:
    body = '{"to": "{to}", "say": "{text}", "tell": "{callback}"}'
    set_up("gateway-voice", now, url=f"{chat.root}/call", body=body, id_path="id", digit_field="key")
    chat.answers = [(202, {}, b'{"id": 12}')]
    delivery, token = paged(member, "voice", PHONE)
    made = replace(envelope(PHONE, token=token), delivery=delivery.pk)
    assert TRANSPORT.send(made).provider_id == "12"
    assert "Press 4" in chat.last.json["say"]
    path = urlsplit(chat.last.json["tell"]).path
    for _ in range(2):
        assert "has it" in client.post(path, "key=4", content_type=FORM).content.decode()
    assert asked.asked == [(Verb.ACKNOWLEDGE, member, "voice")]
    Delivery.objects.filter(pk=delivery.pk).update(provider_id="12")
    client.post(path, '{"status": "busy"}', content_type="application/json")
    delivery.refresh_from_db()
    assert delivery.state == "failed"
