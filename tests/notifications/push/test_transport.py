"""One push on the wire, read by the keys of the browser it is for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import jwt
import pytest
from py_vapid import Vapid02

from lib.sealing import seal
from notifications import keys, providers
from notifications.models import Provider, SigningKey
from notifications.transports import get
from notifications.transports.base import Envelope, Message, PermanentFailure, TemporaryFailure
from notifications.transports.push import wire
from notifications.transports.push.payload import LARGEST, payload
from notifications.transports.push.subscriptions import BadSubscription, Subscription, read, stored
from tests.notifications.chats.server import HANG, Chat
from tests.notifications.push.browser import Browser

pytestmark = pytest.mark.django_db
PAGE = Message(
    kind="page",
    headline="SEV1 Checkout is down, you are paged",
    intro="Cards are refused.",
    facts=(("Service", "Payments API"),),
    url="https://tocsin.example.test/incidents/7/",
    ack_url="https://tocsin.example.test/ack/abc",
    thread="incident:7",
)


@pytest.fixture
def envelope(subscription: Subscription, now: datetime) -> Callable[..., Envelope]:
    """`envelope(quiet=True)`: the page, with some of it changed."""

    def made(**parts: Any) -> Envelope:
        return Envelope(
            address=subscription.address,
            secret=subscription.stored(),
            key="page:7:1",
            attempt=1,
            message=replace(PAGE, **parts),
            now=now,
            token="41~token",
            delivery=41,
        )

    return made


Made = Callable[..., Envelope]


def test_the_browser_reads_the_page_and_nobody_between(
    envelope: Made, service_host: Chat, browser: Browser
) -> None:
    receipt = get("push").send(envelope())
    said = browser.read(service_host.last)
    assert said["title"] == "SEV1 Checkout is down, you are paged"
    assert said["body"] == "Cards are refused.\nService: Payments API"
    assert said["token"] == "41~token"
    assert [each["action"] for each in said["actions"]] == ["acknowledge", "open"]
    assert (said["tag"], said["renotify"], said["sticky"]) == ("incident:7", True, True)
    assert "quiet" not in said
    assert b"Checkout" not in service_host.last.body
    assert (receipt.provider_id, receipt.answer) == ("page:7:1", "HTTP 201")


def test_the_headers_say_how_urgent_it_is_and_what_it_replaces(envelope: Made, service_host: Chat) -> None:
    get("push").send(envelope())
    page = service_host.last.headers
    get("push").send(envelope(kind="notice", quiet=True, headline="Acknowledged by Olga"))
    notice = service_host.last.headers
    assert (page["urgency"], notice["urgency"]) == ("high", "normal")
    assert page["topic"] == notice["topic"]
    assert len(page["topic"]) == 32
    assert page["topic"].replace("-", "").replace("_", "").isalnum()
    assert (page["content-encoding"], page["ttl"]) == ("aes128gcm", "14400")


def test_a_page_of_low_urgency_does_not_ring(envelope: Made, service_host: Chat, browser: Browser) -> None:
    get("push").send(envelope(data={"urgency": "low"}))
    assert service_host.last.headers["urgency"] == "normal"
    assert "sticky" not in browser.read(service_host.last)


def test_a_quiet_message_is_silent_and_takes_the_page_s_place(
    envelope: Made, service_host: Chat, browser: Browser
) -> None:
    get("push").send(envelope(kind="notice", quiet=True, headline="Acknowledged by Olga"))
    said = browser.read(service_host.last)
    assert (said["quiet"], said["tag"], said.get("renotify")) == (True, "incident:7", None)


def test_a_drill_says_so_first(envelope: Made, service_host: Chat, browser: Browser) -> None:
    get("push").send(envelope(kind="drill"))
    assert browser.read(service_host.last)["title"].startswith("Drill: ")


def test_the_claim_is_signed_for_that_push_service_and_ends_within_a_day(
    envelope: Made, service_host: Chat, now: datetime, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Tocsin <pager@acme.example>"
    get("push").send(envelope())
    header = service_host.last.headers["authorization"]
    assert Vapid02.verify(header)
    token = header.removeprefix("vapid t=").partition(",k=")[0]
    assert header.endswith(f",k={keys.vapid_keys(now).public}")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == service_host.root
    assert claims["sub"] == "mailto:pager@acme.example"
    assert now.timestamp() < claims["exp"] <= now.timestamp() + 86_400
    assert jwt.get_unverified_header(token)["alg"] == "ES256"


def test_an_admin_chooses_the_contact(now: datetime) -> None:
    values = seal(json.dumps({"contact": "ops@acme.example"}))
    Provider.objects.create(name="push", values=values, updated_at=now)
    providers.forget()
    assert wire.contact() == "mailto:ops@acme.example"
    declared = providers.declared("push")
    assert declared.check({"contact": "ops@acme.example"}) == {}
    assert "contact" in declared.check({"contact": "nobody"})


@pytest.mark.parametrize(
    ("status", "disables"), [(404, True), (410, True), (400, False), (413, False), (301, False)]
)
def test_what_will_never_work(status: int, disables: bool, envelope: Made, service_host: Chat) -> None:
    service_host.answers = [(status, {"Location": "http://127.0.0.1:1/"}, b"secret words")]
    with pytest.raises(PermanentFailure) as failed:
        get("push").send(envelope())
    assert (str(failed.value), failed.value.disable) == (f"HTTP {status}", disables)
    assert len(service_host.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_may_work_later(status: int, envelope: Made, service_host: Chat) -> None:
    service_host.answers = [(status, {"Retry-After": "7"}, b"secret words")]
    with pytest.raises(TemporaryFailure) as failed:
        get("push").send(envelope())
    assert (str(failed.value), failed.value.retry_after, failed.value.down) == (f"HTTP {status}", 7.0, True)


def test_a_service_that_hangs_may_work_later(envelope: Made, service_host: Chat) -> None:
    service_host.answers = [(HANG, {}, b"")]
    with pytest.raises(TemporaryFailure):
        get("push").send(envelope())
    service_host.over.set()


def test_ten_megabytes_of_answer_are_not_read(envelope: Made, service_host: Chat) -> None:
    service_host.answers = [(201, {}, b"x" * 10_000_000)]
    assert get("push").send(envelope()).answer == "HTTP 201"


def test_the_message_s_own_address_is_its_id(envelope: Made, service_host: Chat) -> None:
    service_host.answers = [(201, {"Location": "https://push.example.test/m/JzLQ3raZJfFBR0aqvOMsLr"}, b"")]
    assert get("push").send(envelope()).provider_id == "JzLQ3raZJfFBR0aqvOMsLr"


def test_a_browser_that_subscribed_under_another_key_is_switched_off(
    envelope: Made, subscription: Subscription, service_host: Chat
) -> None:
    other = replace(envelope(), secret=replace(subscription, key="other").stored())
    with pytest.raises(PermanentFailure) as failed:
        get("push").send(other)
    assert failed.value.disable
    assert service_host.requests == []


def test_a_key_that_cannot_be_opened_is_for_an_admin_to_mend(envelope: Made) -> None:
    made = envelope()
    SigningKey.objects.update(private="other")
    with pytest.raises(TemporaryFailure) as failed:
        get("push").send(made)
    assert failed.value.down


def test_a_private_address_is_refused(envelope: Made, settings: Any) -> None:
    made = envelope()
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(PermanentFailure):
        get("push").send(made)


def test_the_longest_page_fits_and_keeps_what_counts(
    envelope: Made, browser: Browser, service_host: Chat
) -> None:
    made = envelope(
        headline="\U0001f525" * 400,
        intro="ü" * 9000,
        facts=tuple((f"Label {n} " * 30, "漢" * 900) for n in range(40)),
        more=tuple("漢" * 300 for _ in range(60)),
    )
    assert len(payload(made)) <= LARGEST
    get("push").send(made)
    assert len(service_host.last.body) <= 4096
    said = browser.read(service_host.last)
    assert said["token"] == "41~token"
    assert said["ack_url"] == PAGE.ack_url
    assert "and 60 more pages" in said["body"]


def test_line_breaks_in_a_name_stay_in_one_line(envelope: Made, browser: Browser, service_host: Chat) -> None:
    get("push").send(envelope(headline="Down\r\nTopic: x\r\n", thread="incident:7\r\nX: y"))
    assert browser.read(service_host.last)["title"] == "Down Topic: x"
    assert "x" not in service_host.last.headers


def test_the_circuit_is_the_push_service_s_host() -> None:
    assert get("push").circuit("https://push.example.test/#ab") == "push:push.example.test"
    assert get("push").shown("https://push.example.test/#ab") == "push.example.test"


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "http://push.example.test/e"},
        {"endpoint": "https://user:pw@push.example.test/e"},
        {"endpoint": "ftp://push.example.test/e"},
        {"endpoint": "https://push.example.test/" + "e" * 3000},
        {"endpoint": None},
        {"keys": None},
        {"keys": {"p256dh": "AAAA", "auth": base64.urlsafe_b64encode(b"a" * 16).decode()}},
        {"keys": {"p256dh": 4, "auth": []}},
    ],
)
def test_what_no_browser_gives_is_refused(changed: dict[str, Any], browser: Browser) -> None:
    with pytest.raises(BadSubscription):
        read(json.dumps({**browser.subscription, **changed}), key="k")


@pytest.mark.parametrize("raw", ["", "[]", "null", "{", '{"keys": {}}', "\ud800", "x" * 5000])
def test_what_is_no_subscription_is_refused(raw: str) -> None:
    with pytest.raises(BadSubscription):
        read(raw, key="k")


def test_a_subscription_survives_being_kept(subscription: Subscription) -> None:
    assert stored(subscription.stored()) == subscription
    with pytest.raises(BadSubscription):
        stored("")
