"""Pages by a Discord webhook, to a server on loopback that answers as Discord does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from notifications.transports.discord.transport import TRANSPORT
from tests.notifications.chats import common
from tests.notifications.chats.server import Chat

Made = Callable[..., Envelope]
PATH = "/api/webhooks/1234567890123/abcdefghij-KLMNOP_qr"
POSTED = b'{"id":"99887766","type":0,"content":"x","channel_id":"1","webhook_id":"1234567890123"}'


@pytest.fixture
def discord(chat: Chat) -> Chat:
    chat.usual = POSTED
    return chat


def test_the_address_is_kept_and_its_token_is_never_shown() -> None:
    typed = f"https://Discord.com{PATH}/?thread_id=55&wait=false"
    assert TRANSPORT.clean_address(typed) == f"https://discord.com{PATH}?thread_id=55"
    assert TRANSPORT.shown(f"https://discord.com{PATH}") == "discord.com/…/1234567890123"
    assert TRANSPORT.circuit(f"https://discord.com{PATH}") == "discord:discord.com"


@pytest.mark.parametrize(
    "typed",
    [
        "https://discord.com/channels/1/2",
        f"https://discord.com{PATH}/slack",
        f"https://discord.com{PATH}?thread_id=x",
    ],
)
def test_what_is_no_webhook_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        TRANSPORT.clean_address(typed)


def test_a_page_is_said_in_the_text_and_leads_on_by_links(discord: Chat, envelope: Made) -> None:
    receipt = TRANSPORT.send(envelope(f"{discord.root}{PATH}?thread_id=55", token="7~t~s"))
    assert (receipt.provider_id, discord.last.path) == ("99887766", f"{PATH}?wait=true&thread_id=55")
    said = discord.last.json
    assert said["content"].startswith("**SEV1 Checkout is down")
    [embed] = said["embeds"]
    assert "[Acknowledge](https://tocsin.example.test/ack/abc)" in embed["description"]
    assert "(https://tocsin.example.test/incidents/7/)" in embed["description"]
    assert {"name": "Service", "value": "Payments API", "inline": True} in embed["fields"]
    assert embed["color"] == 0xD63939
    assert "flags" not in said


def test_nobody_is_pinged_and_nothing_is_markup(discord: Chat, envelope: Made) -> None:
    TRANSPORT.send(
        envelope(discord.root + PATH, headline="@everyone <@123> [Acknowledge](http://evil.test) **x**")
    )
    said = discord.last.json
    assert said["allowed_mentions"] == {"parse": []}
    assert "@everyone" not in said["content"]
    assert "<@" not in said["content"]
    assert r"\[Acknowledge\]\(http://evil.test\)" in said["content"]


def test_what_is_only_to_know_makes_no_sound(discord: Chat, envelope: Made) -> None:
    TRANSPORT.send(envelope(discord.root + PATH, kind="notice", quiet=True))
    assert discord.last.json["flags"] == 4096


def test_a_message_is_changed_in_its_place(discord: Chat, envelope: Made) -> None:
    receipt = TRANSPORT.edit(envelope(discord.root + PATH, kind="edit", headline="Acknowledged"), "99887766")
    assert (discord.last.method, discord.last.path) == ("PATCH", f"{PATH}/messages/99887766")
    assert (discord.last.json["content"], receipt.provider_id) == ("**Acknowledged**", "99887766")
    with pytest.raises(PermanentFailure):
        TRANSPORT.edit(envelope(discord.root + PATH), "../../1")
    discord.answers = [(404, {}, b'{"code":10008,"message":"Unknown Message"}')]
    with pytest.raises(PermanentFailure) as caught:
        TRANSPORT.edit(envelope(discord.root + PATH), "99887766")
    assert not caught.value.disable


def test_a_title_of_fifty_thousand_characters_stays_within_the_limits(discord: Chat, envelope: Made) -> None:
    long = common.LONG
    parts = {"headline": long, "intro": long, "facts": ((long, long),) * 30, "more": ("*" * 9000,) * 50}
    TRANSPORT.send(envelope(discord.root + PATH, token="7~t~s", **parts))
    said = discord.last.json
    [embed] = said["embeds"]
    fields = [(len(each["name"]), len(each["value"])) for each in embed["fields"]]
    assert len(said["content"]) <= 2000
    assert len(embed["description"]) <= 4096
    assert len(fields) <= 25
    assert all(0 < name <= 256 and 0 < value <= 1024 for name, value in fields)
    assert len(embed["description"]) + sum(name + value for name, value in fields) <= 6000
    assert "and 50 more pages" in embed["description"]


def test_each_answer_of_discord_is_understood(
    discord: Chat, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    common.fails_and_recovers(TRANSPORT, envelope(discord.root + PATH), discord, monkeypatch)


@pytest.mark.parametrize(("scope", "is_down"), [("false", False), ("true", True)])
def test_patience_is_asked_for_in_the_body(discord: Chat, envelope: Made, scope: str, is_down: bool) -> None:
    body = f'{{"message":"You are being rate limited.","retry_after":64.57,"global":{scope}}}'
    discord.answers = [(429, {"Retry-After": "65"}, body.encode())]
    with pytest.raises(TemporaryFailure) as caught:
        TRANSPORT.send(envelope(discord.root + PATH))
    assert (caught.value.retry_after, caught.value.down) == (64.57, is_down)


@pytest.mark.parametrize(
    ("status", "body"), [(404, b'{"code":10015}'), (401, b'{"code":50027,"message":"Invalid Webhook Token"}')]
)
def test_a_webhook_that_was_deleted_is_switched_off(
    discord: Chat, envelope: Made, status: int, body: bytes
) -> None:
    discord.answers = [(status, {}, body)]
    with pytest.raises(PermanentFailure) as caught:
        TRANSPORT.send(envelope(discord.root + PATH))
    assert (str(caught.value), caught.value.disable) == (f"HTTP {status}", True)


def test_a_private_address_is_refused(discord: Chat, envelope: Made, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    common.refuses_private(TRANSPORT, envelope, discord.root + PATH, discord)
