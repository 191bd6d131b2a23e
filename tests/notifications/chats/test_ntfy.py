"""Pages by ntfy, to a server on loopback that answers as ntfy does, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from notifications.acks import VALID_FOR
from notifications.models import Delivery, DeliveryKind, Inbound
from notifications.subjects import Verb
from notifications.transports.base import Envelope, PermanentFailure
from notifications.transports.ntfy.transport import TRANSPORT
from tests.notifications.chats import common
from tests.notifications.chats.conftest import Answers
from tests.notifications.chats.server import Chat

Made = Callable[..., Envelope]
Paged = Callable[..., tuple[Delivery, str]]
TAKEN = b'{"id":"hwQ2YpKdmg","time":1635528741,"event":"message","topic":"pages","message":"x"}'


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ntfy.sh/our-pages", "https://ntfy.sh/our-pages"),
        ("https://Ntfy.Example.test/sub/our-pages/", "https://ntfy.example.test/sub/our-pages"),
        (
            "http://ntfy.lan:8080/pages?auth=tk_abc123",
            "http://ntfy.lan:8080/pages?auth=tk_abc123",
        ),
    ],
)
def test_the_address_of_a_topic_is_kept_with_its_token(typed: str, kept: str) -> None:
    assert TRANSPORT.clean_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("https://ntfy.sh", "https://ntfy.sh/a b", "ftp://ntfy.sh/pages", "https://me:pw@ntfy.sh/pages"),
        *("https://ntfy.sh/pages?auth=a%0d%0ab", "https://ntfy.sh/pages?up=1", "https://ntfy.sh/" + "x" * 65),
    ],
)
def test_what_is_no_topic_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)


def test_neither_the_token_nor_the_topic_is_shown() -> None:
    assert TRANSPORT.shown("https://ntfy.sh/our-pages-7Kd2?auth=tk_abc123") == "ntfy.sh/our-…"


def test_a_page_rings_and_has_buttons_that_need_no_sign_in(chat: Chat, envelope: Made, settings: Any) -> None:
    chat.usual = TAKEN
    receipt = TRANSPORT.send(envelope(f"{chat.root}/sub/pages?auth=tk_abc", token="7~t~s"))
    assert (receipt.provider_id, receipt.answer) == ("hwQ2YpKdmg", "HTTP 200")
    assert (chat.last.method, chat.last.path) == ("POST", "/sub/")
    assert chat.last.headers["authorization"] == "Bearer tk_abc"
    said = chat.last.json
    assert (said["topic"], said["priority"]) == ("pages", 5)
    assert said["title"].startswith("SEV1 Checkout is down")
    assert "Service: Payments API" in said["message"]
    acknowledge, escalate, read_on = said["actions"]
    assert acknowledge == {
        "action": "http",
        "label": "Acknowledge",
        "url": f"{settings.SITE_URL}/hooks/ntfy/7~t~s/acknowledge",
        "method": "POST",
        "clear": True,
    }
    assert escalate["url"].endswith("/escalate")
    assert (read_on["action"], said["click"]) == ("view", "https://tocsin.example.test/incidents/7/")


def test_what_is_only_to_know_makes_no_sound_and_asks_for_nothing(chat: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope(f"{chat.root}/pages", kind="notice", quiet=True))
    assert chat.last.json["priority"] == 2
    assert [each["action"] for each in chat.last.json["actions"]] == ["view"]
    assert "authorization" not in chat.last.headers


def test_low_urgency_does_not_ring_through(chat: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope(f"{chat.root}/pages", data={"urgency": "low"}))
    assert chat.last.json["priority"] == 3


def test_a_drill_says_so_first_and_a_bundle_counts_honestly(chat: Chat, envelope: Made) -> None:
    more = tuple(f"Page {number}" for number in range(40))
    TRANSPORT.send(envelope(f"{chat.root}/pages", kind="drill", more=more))
    assert chat.last.json["title"].startswith("Drill: ")
    assert "and 40 more pages" in chat.last.json["message"]


def test_a_title_of_fifty_thousand_characters_stays_within_the_limits(chat: Chat, envelope: Made) -> None:
    long = {"headline": common.LONG, "intro": common.LONG, "facts": ((common.LONG, common.LONG),) * 30}
    TRANSPORT.send(envelope(f"{chat.root}/pages", token="7~t~s", more=(common.LONG,) * 50, **long))
    assert len(common.LONG) >= 50_000
    assert len(chat.last.body) <= 8192
    assert len(chat.last.json["message"].encode()) <= 4096
    assert "and 50 more pages" in chat.last.json["message"]


def test_each_answer_of_the_server_is_understood(
    chat: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    common.fails_and_recovers(TRANSPORT, envelope(f"{chat.root}/pages"), chat, monkeypatch)


def test_a_topic_that_refuses_us_is_not_tried_again(chat: Chat, envelope: Made) -> None:
    chat.answers = [(403, {}, b'{"code":40301,"http":403,"error":"forbidden: tk_abc"}')]
    with pytest.raises(PermanentFailure, match=r"^HTTP 403$"):
        TRANSPORT.send(envelope(f"{chat.root}/pages?auth=tk_abc"))


def test_a_private_server_is_refused(chat: Chat, envelope: Made, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    common.refuses_private(TRANSPORT, envelope, f"{chat.root}/pages", chat)


def test_each_server_fails_by_itself() -> None:
    assert TRANSPORT.circuit("https://ntfy.sh/pages") == "ntfy:ntfy.sh"


# --- Buttons


@pytest.mark.django_db
def test_a_button_answers_without_a_sign_in(
    client: Client, member: User, paged: Paged, asked: Answers
) -> None:
    delivery, token = paged(member, "ntfy", "https://ntfy.sh/pages")
    answer = client.post(f"/hooks/ntfy/{token}/acknowledge")
    assert (answer.status_code, answer.content.decode()) == (200, "Milan Member has it.")
    assert asked.asked == [(Verb.ACKNOWLEDGE, member, "ntfy")]
    row = Inbound.objects.get()
    assert (row.delivery, row.outcome) == (delivery, "Milan Member has it.")


@pytest.mark.django_db
def test_looking_at_the_address_of_a_button_does_nothing(
    client: Client, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "ntfy", "https://ntfy.sh/pages")
    assert client.get(f"/hooks/ntfy/{token}/acknowledge").status_code == 405
    assert asked.asked == []


@pytest.mark.django_db
def test_a_button_counts_once_and_then_says_what_happened(
    client: Client, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "ntfy", "https://ntfy.sh/pages")
    for verb in ("acknowledge", "acknowledge", "escalate", "escalate"):
        answer = client.post(f"/hooks/ntfy/{token}/{verb}")
        assert answer.status_code == 200
    assert [verb for verb, _person, _via in asked.asked] == [Verb.ACKNOWLEDGE, Verb.ESCALATE]
    assert answer.content.decode() == "You asked for this already."
    assert Inbound.objects.count() == 2


@pytest.mark.django_db
def test_who_comes_late_is_told_by_a_quiet_message(
    client: Client, member: User, owner: User, paged: Paged, asked: Answers
) -> None:
    asked.asked.append((Verb.ACKNOWLEDGE, owner, "web"))
    _delivery, token = paged(member, "ntfy", "https://ntfy.sh/pages")
    client.post(f"/hooks/ntfy/{token}/acknowledge")
    told = Delivery.objects.get(kind=DeliveryKind.NOTICE)
    assert (told.user, told.transport, told.message["quiet"]) == (member, "ntfy", True)
    assert told.message["headline"] == "Olga Owner did this before."
    client.post(f"/hooks/ntfy/{token}/acknowledge")
    assert Delivery.objects.filter(kind=DeliveryKind.NOTICE).count() == 1


@pytest.mark.django_db
def test_a_forged_an_old_and_a_strange_token_change_nothing(
    client: Client, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "ntfy", "https://ntfy.sh/pages")
    _other, mailed = paged(member, "email", "milan@example.test")
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert client.post(f"/hooks/ntfy/{forged}/acknowledge").status_code == 403
    assert client.post(f"/hooks/ntfy/{mailed}/acknowledge").status_code == 403
    assert client.post(f"/hooks/ntfy/{token}/delete").status_code == 404
    with time_machine.travel(datetime.now(UTC) + VALID_FOR + timedelta(hours=1), tick=False):
        assert client.post(f"/hooks/ntfy/{token}/acknowledge").status_code == 410
    assert asked.asked == []
    assert not Inbound.objects.exists()


@pytest.mark.django_db
def test_a_long_body_is_refused_before_anything_is_read(
    client: Client, member: User, paged: Paged, asked: Answers
) -> None:
    _delivery, token = paged(member, "ntfy", "https://ntfy.sh/pages")
    answer = client.post(f"/hooks/ntfy/{token}/acknowledge", b"x" * 70_000, content_type="text/plain")
    assert answer.status_code == 413
    assert asked.asked == []
