"""Pages by a Mattermost webhook, to a server on loopback that answers as Mattermost does, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from notifications.models import ContactMethod, Delivery, Inbound
from notifications.subjects import Verb
from notifications.transports.base import Envelope, PermanentFailure
from notifications.transports.mattermost.transport import TRANSPORT
from tests.making import make_method
from tests.notifications.chats import common
from tests.notifications.chats.conftest import Answers
from tests.notifications.chats.server import Chat

Made = Callable[..., Envelope]
Paged = Callable[..., tuple[Delivery, str]]
PATH = "/hooks/abcdefghijklmnopqrstuvwxyz"
HOOK = f"https://chat.example.test{PATH}"


@pytest.fixture
def server(chat: Chat) -> Chat:
    chat.usual = b"ok"
    return chat


def test_the_address_is_kept_and_its_key_is_never_shown() -> None:
    assert (
        TRANSPORT.clean_address(f"https://Chat.Example.test{PATH}/?channel=@Milan.M")
        == f"{HOOK}?channel=@milan.m"
    )
    assert TRANSPORT.shown(f"{HOOK}?channel=@milan") == "chat.example.test/hooks/abcd… @milan"
    assert TRANSPORT.circuit(HOOK) == "mattermost:chat.example.test"


@pytest.mark.parametrize(
    "typed",
    [
        "https://chat.example.test/team/channels/x",
        f"{HOOK}?channel=a b",
        f"{HOOK}?text=x",
        f"{HOOK}?channel=@",
    ],
)
def test_what_is_no_webhook_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)


def test_a_page_is_written_to_the_person_and_has_buttons(server: Chat, envelope: Made, settings: Any) -> None:
    receipt = TRANSPORT.send(envelope(f"{server.root}{PATH}?channel=@milan", token="7~t~s"))
    assert (receipt.answer, server.last.path) == ("HTTP 200", PATH)
    assert server.last.json["channel"] == "@milan"
    [attachment] = server.last.json["attachments"]
    assert attachment["title"].startswith("SEV1 Checkout is down")
    assert attachment["title_link"] == "https://tocsin.example.test/incidents/7/"
    assert {"title": "Service", "value": "Payments API", "short": True} in attachment["fields"]
    acknowledge, escalate = attachment["actions"]
    assert acknowledge["integration"]["url"] == f"{settings.SITE_URL}/hooks/mattermost/7~t~s/acknowledge"
    assert escalate["id"].isalnum()


def test_a_notice_asks_for_nothing(server: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope(server.root + PATH, kind="notice", quiet=True))
    assert "actions" not in server.last.json["attachments"][0]
    assert "channel" not in server.last.json


def test_nobody_is_called_and_nothing_is_markup(server: Chat, envelope: Made) -> None:
    evil = "@channel @all <!here> <http://evil.test|Acknowledge> [Acknowledge](http://evil.test) **x**"
    TRANSPORT.send(
        envelope(server.root + PATH, headline=evil, intro=evil, facts=((evil, evil),), more=(evil,))
    )
    said = server.last.body.decode()
    for call in ("@channel", "@all", "<!here", "<http", "[Acknowledge](http://evil"):
        assert call not in said
    assert r"\\[Acknowledge\\]\\(http" in said


def test_a_title_of_fifty_thousand_characters_stays_within_the_limit(server: Chat, envelope: Made) -> None:
    long = common.LONG
    parts = {"headline": long, "intro": long, "facts": ((long, long),) * 30, "more": ("@" * 9000,) * 50}
    TRANSPORT.send(envelope(server.root + PATH, token="7~t~s", **parts))
    assert len(server.last.body.decode()) < 16_383
    assert "and 50 more pages" in server.last.json["attachments"][0]["text"]


def test_each_answer_of_the_server_is_understood(
    server: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    common.fails_and_recovers(TRANSPORT, envelope(server.root + PATH), server, monkeypatch)


def test_a_hook_that_was_deleted_is_switched_off(server: Chat, envelope: Made) -> None:
    server.answers = [(404, {}, b'{"id":"web.incoming_webhook.invalid.app_error"}')]
    with pytest.raises(PermanentFailure) as caught:
        TRANSPORT.send(envelope(server.root + PATH))
    assert caught.value.disable


def test_a_private_address_is_refused(server: Chat, envelope: Made, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    common.refuses_private(TRANSPORT, envelope, server.root + PATH, server)


# --- Buttons


@pytest.fixture
def press(client: Client, db: None) -> Callable[..., Any]:
    """`press(token, verb, user_name)`: as a Mattermost server calls us."""

    def post(token: str, verb: str = "acknowledge", name: str = "milan") -> Any:
        body = {
            "user_id": "u1u1u1u1u1u1u1u1u1u1u1u1u1",
            "user_name": name,
            "channel_id": "c1",
            "post_id": "p1",
            "trigger_id": "t1",
            "context": {"verb": verb},
        }
        return client.post(f"/hooks/mattermost/{token}/{verb}", body, content_type="application/json")

    return post


def test_a_press_by_the_person_changes_the_message(
    press: Any, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "mattermost", f"{HOOK}?channel=@milan")
    assert press(token, "escalate").json() == {"ephemeral_text": "Milan Member has it."}
    answer = press(token).json()
    assert answer["update"]["message"] == "Milan Member has it."
    [shown] = answer["update"]["props"]["attachments"]
    assert (shown["title"], "actions" in shown) == ("Checkout is down", False)
    assert asked.asked == [(Verb.ESCALATE, member, "mattermost"), (Verb.ACKNOWLEDGE, member, "mattermost")]
    assert press(token).json()["ephemeral_text"] == "Milan Member did this before."
    assert press(token, "escalate").json()["ephemeral_text"] == "You asked for this already."
    assert len(asked.asked) == 2
    assert Inbound.objects.count() == 2


def test_a_press_by_somebody_else_changes_nothing(
    press: Any, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "mattermost", f"{HOOK}?channel=@milan")
    assert press(token, name="stella").json() == {"ephemeral_text": "This page is for Milan Member."}
    assert asked.asked == []


def test_a_page_by_a_hook_of_a_channel_is_answered_by_a_name_that_is_known(
    press: Any, member: User, stranger: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "mattermost", HOOK)
    make_method(stranger, "mattermost", f"{HOOK}?channel=@stella")
    for name in ("milan", "stella"):
        assert "Connect your Mattermost account" in press(token, name=name).json()["ephemeral_text"]
    make_method(member, "mattermost", f"{HOOK}?channel=@milan")
    assert press(token).json()["ephemeral_text"] == "Milan Member has it."


def test_in_a_room_whoever_is_known_on_that_server_may_answer(
    press: Any, owner: User, paged: Paged, asked: Answers, now: datetime
) -> None:
    _delivery, token = paged(None, "mattermost", HOOK)
    elsewhere = make_method(owner, "mattermost", f"https://other.example.test{PATH}?channel=@olga")
    assert "Connect your Mattermost account" in press(token, name="olga").json()["ephemeral_text"]
    ContactMethod.objects.filter(pk=elsewhere.pk).update(address=f"{HOOK}2?channel=@olga", verified_at=None)
    assert "Connect your Mattermost account" in press(token, name="olga").json()["ephemeral_text"]
    ContactMethod.objects.filter(pk=elsewhere.pk).update(verified_at=now)
    assert press(token, name="olga").json()["ephemeral_text"] == "Olga Owner has it."
    assert asked.asked == [(Verb.ACKNOWLEDGE, owner, "mattermost")]


def test_a_forged_an_old_and_a_strange_token_change_nothing(
    press: Any, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "mattermost", f"{HOOK}?channel=@milan")
    _other, mailed = paged(member, "email", "milan@example.test")
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert press(forged).status_code == 403
    assert press(mailed).status_code == 403
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=False):
        assert "older than two days" in press(token).json()["ephemeral_text"]
    assert asked.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"user_name": 3}', b'{"user_name": "@milan"}', b'{"user_name":"a\\r\\nb"}']
)
def test_a_body_that_does_not_say_who_changes_nothing(
    client: Client, member: User, paged: Paged, asked: Answers, body: bytes
) -> None:
    _delivery, token = paged(member, "mattermost", f"{HOOK}?channel=@milan")
    answer = client.post(f"/hooks/mattermost/{token}/acknowledge", body, content_type="application/json")
    assert answer.status_code == 400
    assert client.get(f"/hooks/mattermost/{token}/acknowledge").status_code == 405
    assert asked.asked == []
