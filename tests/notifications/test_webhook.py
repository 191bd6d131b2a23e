"""Pages by a signed webhook, to a real server on loopback that checks the signature as a receiver would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Incident
from incidents.sweep import sweep
from lib.sealing import seal
from lib.signing import new_secret
from notifications import outbox
from notifications.models import ContactMethod, Delivery, DeliveryState
from tests.making import make_rule
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db


@dataclass
class Receiver:
    """What came in, and what is answered."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    box = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = box.answers.pop(0) if box.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        box.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield box
        server.shutdown()


@pytest.fixture
def secret() -> str:
    return new_secret()


@pytest.fixture
def incident(
    service: Service, member: User, owner: User, receiver: Receiver, secret: str, now: datetime, settings: Any
) -> Incident:
    """`member` wants to be paged by webhook at once, and has an e-mail method without a rule."""
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    method = ContactMethod.objects.create(
        user=member,
        transport="webhook",
        address=receiver.url,
        secret=seal(secret),
        created_at=now,
        verified_at=now,
    )
    make_rule(method)
    incident = declare_new(actor=owner, service=service, title="Checkout is down", severity=1, now=now)
    sweep(now=now)
    return incident


def send(now: datetime) -> Delivery:
    outbox.send_due(worker="test", now=now)
    return Delivery.objects.get(transport="webhook")


def test_a_receiver_can_verify_the_page_with_the_standard_library(
    incident: Incident, receiver: Receiver, secret: str
) -> None:
    moment = datetime.now(UTC)
    delivery = send(moment)
    [(headers, body)] = receiver.requests
    Webhook(secret).verify(body, headers)
    said = json.loads(body)
    assert said["type"] == "tocsin.page"
    assert said["data"]["incident"] == incident.pk
    assert said["data"]["acknowledge_url"].startswith("http")
    assert headers["webhook-id"] == delivery.key
    assert (delivery.state, delivery.outcome) == (DeliveryState.SENT, "HTTP 204")


def test_an_endpoint_that_is_gone_makes_the_next_method_due_at_once(
    incident: Incident, receiver: Receiver, member: User, mailbox: Mailbox, now: datetime
) -> None:
    receiver.answers = [(410, {})]
    assert send(now).state == DeliveryState.FAILED
    assert len(mailbox.to(member.email)) == 1


def test_an_endpoint_in_trouble_is_asked_again_after_the_time_it_names(
    incident: Incident, receiver: Receiver, now: datetime
) -> None:
    receiver.answers = [(429, {"Retry-After": "90"})]
    delivery = send(now)
    assert delivery.state == DeliveryState.PENDING
    assert (delivery.due_at - now).total_seconds() >= 90
    delivery = send(delivery.due_at)
    assert delivery.state == DeliveryState.SENT
    first, second = receiver.requests
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[0]["webhook-timestamp"] != second[0]["webhook-timestamp"]


def test_a_redirect_is_not_followed(
    incident: Incident, receiver: Receiver, mailbox: Mailbox, now: datetime
) -> None:
    receiver.answers = [(302, {"Location": "http://169.254.169.254/latest/meta-data/"})]
    delivery = send(now)
    assert (delivery.state, delivery.outcome) == (DeliveryState.FAILED, "HTTP 302")
    assert len(receiver.requests) == 1


def test_a_private_address_is_refused_and_the_ledger_says_why(
    incident: Incident, receiver: Receiver, mailbox: Mailbox, now: datetime, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    delivery = send(now)
    assert delivery.state == DeliveryState.FAILED
    assert delivery.outcome
    assert receiver.requests == []
