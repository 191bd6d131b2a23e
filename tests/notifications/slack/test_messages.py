"""What is posted to Slack, and what its answers mean."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from slack_sdk.models.blocks import ActionsBlock, Block, HeaderBlock, SectionBlock

from notifications import providers
from notifications.transports import get
from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure
from notifications.transports.slack import client
from notifications.transports.slack.transport import SlackTransport
from tests.notifications.chats.server import HANG, Chat
from tests.notifications.slack.conftest import TOKEN, no, yes

pytestmark = pytest.mark.django_db
LONG = "A long title <!here> & <https://evil.test|click> *bold* @channel \N{FIRE}" * 200
Made = Callable[..., Envelope]


@pytest.fixture
def transport() -> SlackTransport:
    found = get("slack")
    assert isinstance(found, SlackTransport)
    return found


def blocks_of(chat: Chat) -> list[Block]:
    """Read, and checked for Slack's limits, by Slack's own library."""
    found = [block for each in chat.last.json["blocks"] if (block := Block.parse(each))]
    for block in found:
        block.validate_json()
    return found


def test_a_page_is_posted_with_buttons_that_carry_the_token(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    receipt = transport.send(envelope("U0MEMBER", token="7:abc~def"))
    assert slack.last.path == "/api/chat.postMessage"
    assert slack.last.headers["authorization"] == f"Bearer {TOKEN}"
    assert slack.last.json["channel"] == "U0MEMBER"
    assert slack.last.json["text"] == "SEV1 Checkout is down, you are paged"
    blocks = blocks_of(slack)
    assert isinstance(blocks[0], HeaderBlock)
    [actions] = [each.to_dict() for each in blocks if isinstance(each, ActionsBlock)]
    assert [(each["action_id"], each["value"]) for each in actions["elements"]] == [
        ("tocsin:acknowledge", "7:abc~def"),
        ("tocsin:escalate", "7:abc~def"),
        ("tocsin:resolve", "7:abc~def"),
    ]
    assert receipt.provider_id == "D0AAA:1730000000.000100"


def test_nobody_may_answer_a_message_without_a_token(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    transport.send(envelope("C0ROOM", kind="notice"))
    assert not [each for each in blocks_of(slack) if isinstance(each, ActionsBlock)]


def test_a_message_that_is_over_has_no_buttons(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    transport.edit(envelope("C0ROOM", token="t" * 20, data={"answers": False}), "C0ROOM:1730000000.000100")
    assert not [each for each in blocks_of(slack) if isinstance(each, ActionsBlock)]


def test_a_room_is_not_given_the_link_that_acknowledges(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    transport.send(envelope("U0MEMBER", token="t" * 20))
    assert b"/ack/abc" in slack.last.body
    transport.send(envelope("C0ROOM", token="t" * 20))
    assert b"/ack/abc" not in slack.last.body


def test_what_an_alert_says_can_neither_call_a_room_nor_hide_a_link(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    nasty = "<!channel> <@U0X> <https://evil.test|our runbook> a & b"
    transport.send(
        envelope("C0ROOM", headline=nasty * 4, intro=nasty, facts=((nasty, nasty),), more=(nasty,))
    )
    sent = slack.last.json
    marked = [sent["text"], *_mrkdwn(sent["blocks"])]
    assert len(marked) > 3
    links = "<https://tocsin.example.test/incidents/7/|Open incident #7>"
    for text in marked:
        assert "<" not in text.replace(links, "")
        assert ">" not in text.replace(links, "")
    assert "&lt;!channel&gt;" in sent["text"]
    assert sent["link_names"] is False


def _mrkdwn(part: Any) -> list[str]:
    if isinstance(part, list):
        return [text for each in part for text in _mrkdwn(each)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "mrkdwn":
        assert part["verbatim"] is True
        return [part["text"]]
    return [text for each in part.values() for text in _mrkdwn(each)]


def test_everything_is_kept_within_the_limits_of_block_kit(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    facts = tuple((LONG, LONG) for _ in range(30))
    transport.send(
        envelope("U0MEMBER", token="t" * 60, headline=LONG, intro=LONG, facts=facts, more=(LONG,) * 50)
    )
    blocks = blocks_of(slack)
    assert len(blocks) <= 50
    for block in blocks:
        if isinstance(block, SectionBlock):
            assert len(block.fields or []) <= 10
            assert len(block.to_dict().get("text", {}).get("text", "")) <= 3000
    assert "and 50 more pages" in slack.last.body.decode("unicode-escape")
    assert len(slack.last.json["text"]) <= 3000


def test_a_drill_says_so_first_and_cannot_resolve_anything(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    transport.send(envelope("U0MEMBER", token="t" * 20, kind="drill"))
    assert slack.last.json["text"].startswith("Drill")
    assert b"tocsin:resolve" not in slack.last.body


def test_a_message_is_changed_where_it_stands(slack: Chat, transport: SlackTransport, envelope: Made) -> None:
    receipt = transport.edit(envelope("C0ROOM", headline="Acknowledged by Mira"), "C0ROOM:1730000000.000100")
    assert slack.last.path == "/api/chat.update"
    assert (slack.last.json["channel"], slack.last.json["ts"]) == ("C0ROOM", "1730000000.000100")
    assert receipt.provider_id == "C0ROOM:1730000000.000100"
    with pytest.raises(PermanentFailure):
        transport.edit(envelope("C0ROOM"), "elsewhere")
    with pytest.raises(TemporaryFailure, match="on its way") as caught:
        transport.edit(envelope("C0ROOM"), "")
    assert not caught.value.down


@pytest.mark.parametrize("code", ["user_not_found", "user_disabled", "channel_not_found", "is_archived"])
def test_who_is_gone_is_switched_off(
    slack: Chat, transport: SlackTransport, envelope: Made, code: str
) -> None:
    slack.answers = [no(code)]
    with pytest.raises(PermanentFailure, match=code) as caught:
        transport.send(envelope("U0MEMBER"))
    assert caught.value.disable


def test_a_message_that_slack_refuses_is_not_sent_again(
    slack: Chat, transport: SlackTransport, envelope: Made
) -> None:
    slack.answers = [no("not_in_channel")]
    with pytest.raises(PermanentFailure, match="not_in_channel") as caught:
        transport.send(envelope("C0ROOM"))
    assert not caught.value.disable
    assert len(slack.requests) == 1


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
def test_an_app_that_an_admin_must_mend_is_a_provider_that_is_down(
    slack: Chat, transport: SlackTransport, envelope: Made, code: str
) -> None:
    slack.answers = [no(code)]
    with pytest.raises(TemporaryFailure, match=code) as caught:
        transport.send(envelope("U0MEMBER"))
    assert caught.value.down


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        ((429, {"Retry-After": "30"}, b'{"ok": false, "error": "ratelimited"}'), 30),
        ((429, {"Retry-After": "soon"}, b""), None),
        (no("ratelimited"), None),
    ],
)
def test_a_throttled_room_does_not_hold_up_the_others(
    slack: Chat,
    transport: SlackTransport,
    envelope: Made,
    answer: tuple[int, dict[str, str], bytes],
    wait: Any,
) -> None:
    slack.answers = [answer]
    with pytest.raises(TemporaryFailure) as caught:
        transport.send(envelope("C0ROOM"))
    assert caught.value.retry_after == wait
    assert not caught.value.down


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"secret words of a proxy"),
        (503, {}, b'{"ok": false, "error": "service_unavailable"}'),
        (200, {}, b"<html>secret words of a proxy</html>"),
        (200, {}, b'["secret words"]'),
        (200, {}, b'{"ok": false, "error": "secret words of a proxy"}'),
        (200, {}, b'{"ok": true, "channel": "' + b"x" * 10_000_000),
        no("internal_error"),
    ],
    ids=["500", "503", "html", "list", "words", "10MB", "internal"],
)
def test_a_slack_in_trouble_is_asked_again_and_its_words_are_not_kept(
    slack: Chat,
    transport: SlackTransport,
    envelope: Made,
    answer: tuple[int, dict[str, str], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    slack.answers = [answer]
    with pytest.raises(TemporaryFailure) as caught:
        transport.send(envelope("U0MEMBER"))
    assert caught.value.down
    assert "secret" not in f"{caught.value}{caplog.text}"
    assert TOKEN not in f"{caught.value}{caplog.text}"
    assert len(slack.requests) == 1


def test_a_slack_that_does_not_answer_is_given_up_in_time(
    slack: Chat, transport: SlackTransport, envelope: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.of_installation(), "timeout", 0.3)
    slack.answers = [(HANG, {}, b"")]
    with pytest.raises(TemporaryFailure, match="in time"):
        transport.send(envelope("U0MEMBER"))


def test_a_private_address_is_refused(
    slack: Chat, transport: SlackTransport, envelope: Made, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(PermanentFailure):
        transport.send(envelope("U0MEMBER"))
    assert slack.requests == []


def test_without_settings_it_is_not_available(transport: SlackTransport, envelope: Made, chat: Chat) -> None:
    assert not transport.is_available()
    with pytest.raises(PermanentFailure):
        transport.send(envelope("U0MEMBER"))


def test_a_person_is_found_by_e_mail(slack: Chat, transport: SlackTransport) -> None:
    slack.answers = [yes(user={"id": "U0MIRA", "deleted": False, "is_bot": False})]
    assert transport.clean_address(" mira@example.test ") == "U0MIRA"
    assert slack.last.path == "/api/users.lookupByEmail"
    assert slack.last.body == b"email=mira%40example.test"
    assert transport.clean_address("u0mira") == "U0MIRA"


@pytest.mark.parametrize(
    "answer",
    [
        no("users_not_found"),
        no("missing_scope"),
        yes(user={"id": "U0MIRA", "deleted": True}),
        yes(),
        (500, {}, b""),
    ],
)
def test_a_person_who_is_not_there_is_said_so(
    slack: Chat, transport: SlackTransport, answer: tuple[int, dict[str, str], bytes]
) -> None:
    slack.answers = [answer]
    with pytest.raises(ValidationError):
        transport.clean_address("mira@example.test")


@pytest.mark.parametrize("raw", ["", "C0ROOM", "mira", "U0\r\nX", "<!here>", "@", "U" + "0" * 40])
def test_what_is_no_person_is_refused(slack: Chat, transport: SlackTransport, raw: str) -> None:
    with pytest.raises(ValidationError):
        transport.clean_address(raw)
    assert slack.requests == []


def test_a_room_is_an_id_or_its_link(transport: SlackTransport) -> None:
    assert transport.clean_room(" c0room ") == "C0ROOM"
    assert transport.clean_room("https://acme.slack.com/archives/C0ROOM") == "C0ROOM"
    assert transport.clean_room("https://app.slack.com/client/T0ACME/C0ROOM") == "C0ROOM"
    for raw in ("#alerts", "U0MEMBER", "https://evil.test/archives/x", "C0\nX"):
        with pytest.raises(ValidationError):
            transport.clean_room(raw)


def test_settings_of_another_kind_are_refused() -> None:
    declared = providers.declared("slack")
    good = {"bot_token": TOKEN, "signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}
    assert declared.check(good) == {}
    assert set(declared.check({"bot_token": "xoxp-1", "signing_secret": "a b"})) == {
        "bot_token",
        "signing_secret",
    }


def test_slack_s_library_is_loaded_when_it_is_first_used() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n"
        "import django; django.setup()\n"
        "import config.urls\nfrom notifications import transports\ntransports.every()\n"
        "sys.exit(any(name.split('.')[0] == 'slack_sdk' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_envelope_with_a_code_says_the_code(
    slack: Chat, transport: SlackTransport, envelope: Made, now: datetime
) -> None:
    made = envelope("U0MEMBER", kind="verification", code="123456")
    transport.send(replace(made, now=now))
    assert "123456" in slack.last.body.decode()
