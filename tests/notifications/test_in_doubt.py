"""A provider that has the whole message and never answers: the next try may be a repeat, and the ledger says so."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from lib.sealing import seal
from lib.signing import new_secret
from notifications import outbox, transports
from notifications.actions.deliveries import send_notice
from notifications.keys import vapid_keys
from notifications.models import Attempt, ContactMethod, Delivery
from notifications.transports.base import Message, TemporaryFailure
from notifications.transports.push.subscriptions import read
from tests.notifications.chats.conftest import chat, envelope
from tests.notifications.chats.server import Chat
from tests.notifications.push.browser import Browser
from tests.notifications.sms.common import AUTH, NUMBER, PHONE, SID, set_up

__all__ = ["chat", "envelope"]
pytestmark = pytest.mark.django_db
GATEWAY = {"method": "POST", "body": '{"to": "{to}", "text": "{text}"}', "content_type": "json"}


@contextmanager
def deaf() -> Iterator[str]:
    """A service that reads a whole request and cuts the line."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _peer = server.accept()
                except OSError:
                    return
                with line:
                    line.settimeout(2)
                    _read_request(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _read_request(line: socket.socket) -> None:
    got = b""
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _end, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += line.recv(65536)


def by(name: str, root: str, person: User, now: datetime) -> ContactMethod:
    """`person`'s method of that transport at the service `root`, with its provider set up."""
    addresses = {
        "sms": PHONE,
        "voice": PHONE,
        "slack": "U0MEMBER",
        "telegram": "4711",
        "ntfy": f"{root}/topic",
        "apprise": root.replace("http://", "json://") + "/hook",
        "webhook": f"{root}/hook",
        "mattermost": f"{root}/hooks/abcdefghijklmnopqrstuvwxyz",
        "discord": f"{root}/api/webhooks/1/abc",
        "teams": f"{root}/workflows/0123/triggers/manual/paths/invoke?sig=S3cret",
    }
    secret = seal(new_secret()) if name == "webhook" else ""
    if name in ("sms", "voice"):
        set_up("twilio", now, account_sid=SID, auth_token=AUTH, from_number=NUMBER, api_url=root)
    elif name == "slack":
        set_up("slack", now, bot_token="xoxb-1", signing_secret="s" * 32, api_url=f"{root}/api/")
    elif name == "telegram":
        set_up("telegram", now, token="1:" + "a" * 30, username="a_bot", api_url=root)
    elif name == "push":
        subscription = read(Browser(f"{root}/push/e1").json, key=vapid_keys(now).public)
        addresses["push"], secret = subscription.address, seal(subscription.stored())
    return ContactMethod.objects.create(
        user=person,
        transport=name,
        address=addresses[name],
        secret=secret,
        created_at=now,
        verified_at=now,
    )


def page(method: ContactMethod, now: datetime) -> Delivery:
    send_notice(method=method, kind="test", subject="test", message=Message("test", "Down"), now=now)
    return Delivery.objects.get()


EVERY = [name for name in transports.NAMES if name != "email"]


@pytest.mark.parametrize("name", EVERY)
def test_a_lost_answer_makes_the_next_try_a_possible_repeat(
    name: str, member: User, now: datetime, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with deaf() as root:
        delivery = page(by(name, root, member, now), now)
        outbox.send_due(worker="first", now=now)
        outbox.send_due(worker="second", now=now + timedelta(minutes=1))
    first, second = Attempt.objects.filter(delivery=delivery)
    assert (first.answered_at, first.succeeded, first.repeats_unknown) == (None, None, False)
    assert second.repeats_unknown


@pytest.mark.parametrize("name", EVERY)
def test_what_never_left_is_no_possible_repeat(name: str, member: User, now: datetime, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with deaf() as root:
        pass
    delivery = page(by(name, root, member, now), now)
    outbox.send_due(worker="first", now=now)
    outbox.send_due(worker="second", now=now + timedelta(minutes=1))
    tries = list(Attempt.objects.filter(delivery=delivery))
    assert len(tries) == 2
    assert not any(each.repeats_unknown or each.answered_at is None for each in tries)


@pytest.mark.parametrize("name", ["gateway-sms", "gateway-voice"])
def test_another_gateway_that_cuts_the_line_is_in_doubt_as_well(
    name: str, envelope: Callable[..., Any], now: datetime, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with deaf() as root:
        set_up(name, now, url=f"{root}/send", **GATEWAY)
        with pytest.raises(TemporaryFailure) as caught:
            transports.get(name.removeprefix("gateway-")).send(envelope(PHONE))
    assert caught.value.unknown


@pytest.mark.parametrize("name", EVERY)
def test_an_answer_that_a_proxy_lost_is_in_doubt_and_a_plain_error_is_not(
    name: str, member: User, now: datetime, chat: Chat
) -> None:
    delivery = page(by(name, chat.root, member, now), now)
    chat.answers = [(504, {}, b""), (500, {}, b"")]
    for minute in range(3):
        outbox.send_due(worker="a", now=now + timedelta(minutes=minute))
    assert [each.repeats_unknown for each in Attempt.objects.filter(delivery=delivery)] == [
        False,
        True,
        False,
    ]
