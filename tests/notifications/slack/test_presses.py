"""Buttons and events that come back from Slack, signed by Slack's own library."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import Role, User
from catalog.models import Service
from incidents.models import Incident
from notifications import acks
from notifications.models import ContactMethod, Delivery, Inbound
from notifications.subjects import Verb
from tests.making import make_method
from tests.notifications.chats.conftest import Answers
from tests.notifications.chats.server import Chat
from tests.notifications.slack.conftest import Post, press

pytestmark = pytest.mark.django_db
Paged = Callable[..., tuple[Delivery, str]]


def told(slack: Chat) -> str:
    """What the presser was told."""
    assert slack.last.path == "/response"
    assert slack.last.json["response_type"] == "ephemeral"
    assert slack.last.json["replace_original"] is False
    return str(slack.last.json["text"])


@pytest.fixture
def where(slack: Chat) -> str:
    return f"{slack.root}/response"


def test_a_pressed_button_acknowledges_as_its_person(
    post: Post, where: str, slack: Chat, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    delivery, token = paged(member, "slack", "U0MEMBER")
    answer = post("interactive", press("acknowledge", token, response_url=where))
    assert (answer.status_code, answer.content) == (200, b"")
    assert asked.asked == [(Verb.ACKNOWLEDGE, member, "slack")]
    assert told(slack) == "Milan Member has it."
    row = Inbound.objects.get()
    assert (row.delivery, row.sender, row.outcome) == (delivery, "U0MEMBER", "Milan Member has it.")


def test_the_second_to_press_is_told_who_was_first(
    post: Post, where: str, slack: Chat, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    token = paged(member, "slack", "U0MEMBER")[1]
    at = datetime.now(UTC).timestamp()
    for seconds in (0, 1):
        post("interactive", press("acknowledge", token, response_url=where), at=at - seconds)
    assert told(slack) == "Milan Member did this before."
    assert len(asked.asked) == 1


def test_a_room_is_answered_by_whoever_pressed(
    post: Post, where: str, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    token = paged(None, "slack", "C0ROOM")[1]
    post("interactive", press("escalate", token, response_url=where))
    assert asked.asked == [(Verb.ESCALATE, member, "slack")]


def test_a_stranger_in_a_room_is_told_to_connect(
    post: Post, where: str, slack: Chat, paged: Paged, asked: Answers
) -> None:
    token = paged(None, "slack", "C0ROOM")[1]
    post("interactive", press("acknowledge", token, user="U0NOBODY", response_url=where))
    assert "/me/methods/new/slack/" in told(slack)
    assert asked.asked == []
    assert Inbound.objects.get().outcome == "unknown sender"


def test_an_unverified_account_counts_as_a_stranger(
    post: Post, where: str, slack: Chat, at_slack: ContactMethod, paged: Paged, asked: Answers
) -> None:
    ContactMethod.objects.filter(pk=at_slack.pk).update(verified_at=None)
    token = paged(None, "slack", "C0ROOM")[1]
    post("interactive", press("acknowledge", token, response_url=where))
    assert "/me/methods/new/slack/" in told(slack)
    assert asked.asked == []


def test_the_page_of_one_person_is_not_answered_by_another(
    post: Post, where: str, at_slack: ContactMethod, owner: User, paged: Paged, asked: Answers
) -> None:
    token = paged(owner, "slack", "U0OWNER")[1]
    post("interactive", press("acknowledge", token, user="U0MEMBER", response_url=where))
    assert asked.asked == []


def test_a_viewer_in_a_room_changes_nothing(
    post: Post, where: str, slack: Chat, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    User.objects.filter(pk=member.pk).update(role=Role.VIEWER)
    token = paged(None, "slack", "C0ROOM")[1]
    post("interactive", press("acknowledge", token, response_url=where))
    assert "Viewers" in told(slack)
    assert asked.asked == []


def test_a_token_that_is_not_ours_or_of_another_channel_changes_nothing(
    post: Post, where: str, slack: Chat, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    for token in ("", "1:bad~token", acks.token(987654), paged(member, "ntfy", "https://n.test/t")[1]):
        post("interactive", press("acknowledge", token, response_url=where), age=len(token))
        assert "can not be answered" in told(slack)
    assert asked.asked == []


def test_a_press_stands_also_when_slack_can_not_be_told(
    post: Post, slack: Chat, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    token = paged(member, "slack", "U0MEMBER")[1]
    bad = press("acknowledge", token, response_url="http://169.254.169.254/latest/")
    assert post("interactive", bad).status_code == 200
    assert len(asked.asked) == 1
    assert slack.requests == []


@pytest.mark.parametrize("where_to", ["interactive", "command", "events"])
def test_a_forged_old_or_unsigned_request_is_refused(
    post: Post,
    slack: Chat,
    at_slack: ContactMethod,
    member: User,
    paged: Paged,
    asked: Answers,
    where_to: str,
) -> None:
    form = press("acknowledge", paged(member, "slack", "U0MEMBER")[1])
    refused = [
        post(where_to, form, secret="another"),
        post(where_to, form, age=301),
        post(where_to, form, age=-400),
        post(where_to, form, **{"X-Slack-Signature": ""}),
        post(where_to, form, **{"X-Slack-Signature": "v0=ü"}),
        post(where_to, form, **{"X-Slack-Request-Timestamp": "soon"}),
        post(where_to, form, **{"X-Slack-Request-Timestamp": "9" * 400}),
    ]
    assert [each.status_code for each in refused] == [403] * 7
    assert asked.asked == []
    assert not Inbound.objects.exists()


def test_a_replayed_signature_is_refused(
    post: Post, where: str, at_slack: ContactMethod, member: User, paged: Paged, asked: Answers
) -> None:
    form = press("escalate", paged(member, "slack", "U0MEMBER")[1], response_url=where)
    at = datetime.now(UTC).timestamp()
    assert [post("interactive", form, at=at).status_code for _ in range(2)] == [200, 403]
    assert len(asked.asked) == 1


def test_a_body_beyond_64_kb_is_refused(post: Post, slack: Chat) -> None:
    assert post("interactive", b"payload=" + b"x" * 70_000).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"payload=%7B",
        b"payload=[]",
        b"payload=%7B%22type%22%3A%22block_actions%22%7D",
        b"payload=%FF%00%80",
        b"payload=%7B%22type%22%3A%22block_actions%22%2C%22actions%22%3A%5B1%5D%7D",
    ],
)
def test_what_is_not_a_press_is_answered_and_changes_nothing(post: Post, slack: Chat, body: bytes) -> None:
    assert post("interactive", body).status_code in (200, 403)
    assert not Inbound.objects.exists()


def test_without_settings_nobody_can_sign(post: Post, chat: Chat) -> None:
    assert post("command", {"text": "help"}).status_code == 403


def test_the_challenge_is_answered(post: Post, slack: Chat) -> None:
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB"}).encode()
    answer = post("events", body)
    assert (answer.status_code, answer.content) == (200, b"3eZbrw1aB")
    assert answer["Content-Type"].startswith("text/plain")


def test_the_removal_of_the_app_is_noted_once(
    post: Post, slack: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    event = {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T0",
        "event": {"type": "app_uninstalled"},
    }
    for age in (1, 2):
        assert post("events", json.dumps(event).encode(), age=age).status_code == 200
    assert Inbound.objects.get().summary == "app_uninstalled"
    assert "removed from the workspace" in caplog.text


def test_a_command_is_answered_to_the_person_alone(
    post: Post, slack: Chat, at_slack: ContactMethod, member: User
) -> None:
    answer = post("command", {"command": "/tocsin", "text": "dance <!here>", "user_id": "U0MEMBER"})
    said = json.loads(answer.content)
    assert (answer.status_code, said["response_type"]) == (200, "ephemeral")
    assert "“dance” is not known here." in said["text"]
    assert "/tocsin ack" in said["text"]
    assert "<" not in said["text"]
    assert slack.requests == []


def test_a_command_of_a_stranger_leads_to_connecting(post: Post, slack: Chat) -> None:
    answer = post("command", {"text": "who", "user_id": "U0NOBODY\x00'"})
    assert "/me/methods/new/slack/" in json.loads(answer.content)["text"]


def test_a_command_replayed_is_done_once(
    post: Post, slack: Chat, at_slack: ContactMethod, member: User, service: Service
) -> None:
    at = datetime.now(UTC).timestamp()
    form = {"text": "declare payments api sev1 Cards &amp; invoices &gt; 1 s", "user_id": "U0MEMBER"}
    assert [post("command", form, at=at).status_code for _ in range(2)] == [200, 403]
    incident = Incident.objects.get()
    assert (incident.created_by, incident.title) == (member, "Cards & invoices > 1 s")


def test_a_person_is_named_by_mentioning_them(
    post: Post,
    slack: Chat,
    at_slack: ContactMethod,
    owner: User,
    member: User,
    service: Service,
    now: datetime,
) -> None:
    make_method(owner, "slack", "U0OWNER")
    for who in ("<@U0OWNER|olga>", "<@U0OWNER>"):
        answer = post(
            "command", {"text": f"page {who} where is the key", "user_id": "U0MEMBER"}, age=len(who)
        )
        assert "Paging Olga Owner" in json.loads(answer.content)["text"]
    answer = post("command", {"text": "page <@U0NOBODY|x> where", "user_id": "U0MEMBER"})
    assert "Paging" not in json.loads(answer.content)["text"]
