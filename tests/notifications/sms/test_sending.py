"""Texts to a server on loopback that answers as Twilio, or as another gateway, does."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.exceptions import ValidationError

from notifications.declared import gateway_sms, gateway_voice, twilio
from notifications.models import Provider
from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from notifications.transports.chats import posting
from notifications.transports.sms.text import segments, sms
from notifications.transports.sms.transport import TRANSPORT
from notifications.transports.voice.transport import TRANSPORT as VOICE
from tests.notifications.chats.server import HANG, Chat
from tests.notifications.sms.common import AUTH, NUMBER, PHONE, SID, TAKEN, refusal, set_up, with_twilio

Made = Callable[..., Envelope]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["+49 151 1234-5678", "0049 (151) 12345678", "+4915112345678"])
def test_a_number_is_kept_as_e164(typed: str) -> None:
    assert TRANSPORT.clean_address(typed) == PHONE
    assert TRANSPORT.shown(PHONE) == PHONE


@pytest.mark.parametrize(
    "typed", ["0151 12345678", "+0151", "+49", "+49x1511234567", "+4915112345678901", ""]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *[("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 153, 3)],
        *[("ж" * 70, 1), ("ж" * 71, 2), ("ж" * 134, 2), ("ж" * 135, 3)],
        *[("\N{FIRE}" * 35, 1), ("\N{FIRE}" * 67, 3)],
    ],
)
def test_segments_are_counted_in_the_alphabet_that_the_text_needs(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    "headline", ["Short", "Checkout … is “down” " * 40, "Касса не работает " * 40, "\N{FIRE}" * 300]
)
def test_a_page_is_two_segments_and_says_how_to_answer(envelope: Made, headline: str) -> None:
    text = sms(replace(envelope(PHONE, token="t", headline=headline, more=("x", "y")), reply_code="4711"))
    assert segments(text) <= 2
    assert text.startswith(headline[:5])
    assert "Reply A 4711 to acknowledge, E 4711 to escalate, R 4711 to resolve" in text
    assert "and 2 more pages" in text


def test_the_link_stands_where_it_fits_and_a_notice_has_no_codes(envelope: Made) -> None:
    page = sms(replace(envelope(PHONE, token="t"), reply_code="4711"))
    assert page.endswith("/ack/abc")
    notice = sms(envelope(PHONE, kind="notice", headline="Resolved"))
    assert "Reply" not in notice
    assert notice.endswith("/incidents/7/")
    assert "Your code: 123456" in sms(envelope(PHONE, kind="verification", code="123456"))
    assert sms(envelope(PHONE, kind="drill", headline="Checkout")).startswith("Drill: Checkout")


def test_twilio_is_handed_a_form_with_our_address_for_reports(
    chat: Chat, envelope: Made, now: datetime
) -> None:
    with_twilio(chat.root, now)
    chat.answers = [(201, {}, TAKEN)]
    receipt = TRANSPORT.send(replace(envelope(PHONE, token="t"), reply_code="4711", delivery=7))
    assert receipt.provider_id == "SM" + "1" * 32
    assert chat.last.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert base64.b64decode(chat.last.headers["authorization"].split()[1]).decode() == f"{SID}:{AUTH}"
    form = {name: found[0] for name, found in parse_qs(chat.last.body.decode()).items()}
    assert (form["To"], form["From"]) == (PHONE, NUMBER)
    assert "A 4711" in form["Body"]
    assert "/hooks/sms/status/7-sms-twilio~" in form["StatusCallback"]


@pytest.mark.parametrize(
    ("answer", "kind", "flag"),
    [
        (refusal(21211), PermanentFailure, True),
        (refusal(21614), PermanentFailure, True),
        (refusal(21610), PermanentFailure, True),
        (refusal(21612), PermanentFailure, False),
        (refusal(21408), TemporaryFailure, True),
        (refusal(20003, 401), TemporaryFailure, True),
        (refusal(20429, 429), TemporaryFailure, True),
        ((500, {}, b"<html>secret</html>"), TemporaryFailure, True),
        ((400, {}, b"[1]"), PermanentFailure, False),
        ((302, {"Location": "http://169.254.169.254/"}, b""), PermanentFailure, False),
    ],
)
def test_each_error_is_what_it_means_and_quotes_nothing(
    chat: Chat, envelope: Made, now: datetime, answer: Any, kind: type[Exception], flag: bool
) -> None:
    with_twilio(chat.root, now)
    chat.answers = [answer]
    with pytest.raises(kind) as caught:
        TRANSPORT.send(envelope(PHONE))
    error: Any = caught.value
    assert (error.disable if kind is PermanentFailure else error.down) == flag
    assert "secret" not in str(error)
    assert len(chat.requests) == 1


def test_a_throttled_account_waits_as_it_is_told_and_silence_is_bounded(
    chat: Chat, envelope: Made, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_twilio(chat.root, now)
    chat.answers = [(429, {"Retry-After": "7"}, b"{}")]
    with pytest.raises(TemporaryFailure) as caught:
        TRANSPORT.send(envelope(PHONE))
    assert caught.value.retry_after == 7
    chat.answers = [(201, {}, b'{"sid": "' + b"x" * 10_000_000)]
    assert TRANSPORT.send(envelope(PHONE)).provider_id == ""
    monkeypatch.setattr(posting, "TIMEOUT", 0.3)
    chat.answers = [(HANG, {}, b"")]
    with pytest.raises(TemporaryFailure, match="in time"):
        TRANSPORT.send(envelope(PHONE))


def test_a_gateway_that_speaks_json_and_refuses_with_200(chat: Chat, envelope: Made, now: datetime) -> None:
    body = (
        '{"to": "{to_digits}", "text": "{text}", "ref": "{id}", "cb": "{callback}", "n": [{"s": "{secret}"}]}'
    )
    set_up(
        "gateway-sms",
        now,
        url=f"{chat.root}/sms/json?from={{from}}",
        method="POST",
        headers="Authorization: Bearer {secret}\n\nX-One: 1",
        content_type="json",
        body=body,
        secret='s"1',
        id_path="messages.0.message-id",
        ok_path="messages.0.status",
        ok_value="0",
        **{"from": "Toc sin"},
    )
    chat.answers = [(200, {}, b'{"messages":[{"status":"0","message-id":"0A0"}]}')]
    evil = 'a", "to": "1" \\ {to} \N{FIRE}'
    assert TRANSPORT.send(envelope(PHONE, headline=evil)).provider_id == "0A0"
    sent = chat.last.json
    assert sent["to"] == "4915112345678"
    assert evil in sent["text"]
    assert sent["n"] == [{"s": 's"1'}]
    assert chat.last.path == "/sms/json?from=Toc%20sin"
    assert chat.last.headers["authorization"] == 'Bearer s"1'
    chat.answers = [(200, {}, b'{"messages":[{"status":"1","error-text":"words"}]}')]
    with pytest.raises(TemporaryFailure, match=r"^the gateway refused it$"):
        TRANSPORT.send(envelope(PHONE))


def test_a_gateway_that_takes_forms(chat: Chat, envelope: Made, now: datetime) -> None:
    set_up(
        "gateway-sms",
        now,
        url=f"{chat.root}/send",
        method="PUT",
        content_type="form",
        body="to={to}&msg={text}",
    )
    assert TRANSPORT.send(envelope(PHONE, headline="a&to=1 50% +", url="")).provider_id == "key"
    form = parse_qs(chat.last.body.decode())
    assert form["to"] == [PHONE]
    assert form["msg"] == ["a&to=1 50% +"]
    assert chat.last.headers["content-type"] == "application/x-www-form-urlencoded"
    for status, kind in ((400, PermanentFailure), (401, TemporaryFailure), (503, TemporaryFailure)):
        chat.answers = [(status, {}, b"")]
        with pytest.raises(kind):
            TRANSPORT.send(envelope(PHONE))


def test_an_api_key_signs_in_and_a_messaging_service_sends(chat: Chat, envelope: Made, now: datetime) -> None:
    key, service = "SK" + "1" * 32, "MG" + "2" * 32
    set_up(
        "twilio",
        now,
        account_sid=SID,
        auth_token=AUTH,
        api_key_sid=key,
        api_key_secret="key's secret",
        messaging_service_sid=service,
        api_url=chat.root,
    )
    chat.answers = [(201, {}, TAKEN)]
    TRANSPORT.send(envelope(PHONE))
    assert chat.last.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    signed_in = base64.b64decode(chat.last.headers["authorization"].split()[1]).decode()
    assert signed_in == f"{key}:key's secret"
    form = {name: found[0] for name, found in parse_qs(chat.last.body.decode()).items()}
    assert form["MessagingServiceSid"] == service
    assert "From" not in form
    assert not VOICE.is_available(), "a call needs a number"


def test_no_reply_is_promised_where_none_would_reach_us(chat: Chat, envelope: Made, now: datetime) -> None:
    body = '{"to": "{to}", "text": "{text}"}'
    set_up("gateway-sms", now, url=f"{chat.root}/send", body=body)
    page = replace(envelope(PHONE, token="t", headline="Checkout is down " * 40), reply_code="4711")
    TRANSPORT.send(page)
    text = chat.last.json["text"]
    assert "Reply" not in text
    assert text.endswith("Acknowledge: https://tocsin.example.test/ack/abc")
    assert segments(text) <= 2
    Provider.objects.all().delete()
    set_up("gateway-sms", now, url=f"{chat.root}/send", body=body, inbound_secret="s" * 16)
    TRANSPORT.send(page)
    assert "Reply A 4711" in chat.last.json["text"]


def test_nothing_is_offered_until_a_provider_is_set_up(envelope: Made, now: datetime) -> None:
    assert not TRANSPORT.is_available()
    with pytest.raises(PermanentFailure):
        TRANSPORT.send(envelope(PHONE))
    set_up("gateway-sms", now, url="https://gateway.example.test/")
    assert TRANSPORT.is_available()


def test_settings_that_could_not_work_are_refused() -> None:
    good = {"account_sid": SID, "auth_token": AUTH, "from_number": NUMBER}
    assert twilio.DECLARED.check(good) == {}
    assert set(twilio.DECLARED.check({"account_sid": "SK1", "from_number": "0151"})) == {
        "account_sid",
        "from_number",
    }
    for more, field in (
        ({"from_number": ""}, "from_number"),
        ({"api_key_sid": "AC1", "api_key_secret": "x"}, "api_key_sid"),
        ({"api_key_sid": "SK" + "0" * 32}, "api_key_secret"),
        ({"messaging_service_sid": "my service"}, "messaging_service_sid"),
    ):
        assert set(twilio.DECLARED.check({**good, **more})) == {field}
    by_service = {"from_number": "", "messaging_service_sid": "MG" + "0" * 32}
    assert twilio.DECLARED.check({**good, **by_service}) == {}
    for declared in (gateway_sms.DECLARED, gateway_voice.DECLARED):
        given = {field.name: field.default for field in declared.fields} | {
            "url": "https://gateway.example.test"
        }
        assert declared.check(given) == {}
        assert set(declared.check({**given, "body": '{"to": {text}, "x": "{to}"'})) == {"body"}
        assert set(declared.check({**given, "headers": "no header"})) == {"headers"}
        assert set(declared.check({**given, "method": "GET"})) == {"url"}
        assert set(declared.check({**given, "inbound_secret": "a/b"})) == {"inbound_secret"}


def test_twilio_is_not_loaded_before_it_is_used() -> None:
    script = (
        "import django, sys, json; django.setup(); import config.urls; from notifications import transports;"
        "transports.every(); print(json.dumps('twilio' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) is False
