"""Slack on loopback: every answer has status 200 and says `ok`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from slack_sdk.signature import SignatureVerifier

from accounts.models import User
from lib.sealing import seal
from notifications import providers
from notifications.models import ContactMethod, Provider
from tests.notifications.chats.conftest import asked, chat, envelope, paged
from tests.notifications.chats.server import Chat

__all__ = ["asked", "chat", "envelope", "paged"]

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-1234-not-a-real-one"
POSTED = {"ok": True, "channel": "D0AAA", "ts": "1730000000.000100", "message": {"text": "x"}}


def no(error: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"ok": False, "error": error}).encode()


def yes(**data: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"ok": True, **data}).encode()


@pytest.fixture
def slack(chat: Chat, now: datetime, db: None) -> Chat:
    """Set up; a posted message gets a room and a time stamp."""
    values = {"bot_token": TOKEN, "signing_secret": SECRET, "api_url": f"{chat.root}/api/"}
    Provider.objects.create(name="slack", values=seal(json.dumps(values)), updated_at=now)
    providers.forget()
    chat.usual = json.dumps(POSTED).encode()
    return chat


@pytest.fixture
def at_slack(member: User, now: datetime) -> ContactMethod:
    """`member` is U0MEMBER there."""
    return ContactMethod.objects.create(
        user=member, transport="slack", address="U0MEMBER", created_at=now, verified_at=now
    )


Post = Callable[..., HttpResponse]


@pytest.fixture
def post() -> Post:
    """`post("command", {...})`: a form signed by Slack's own library, as long as nothing else is said."""

    def sent(
        where: str,
        form: dict[str, str] | bytes,
        *,
        secret: str = SECRET,
        age: float = 0,
        at: float = 0,
        **headers: str,
    ) -> HttpResponse:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        stamp = str(int((at or datetime.now(UTC).timestamp()) - age))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        found = Client().post(
            f"/hooks/slack/{where}",
            data=body,
            content_type="application/x-www-form-urlencoded",
            headers={
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signature or "",
                **headers,
            },
        )
        assert isinstance(found, HttpResponse)
        return found

    return sent


def press(verb: str, token: str, *, user: str = "U0MEMBER", response_url: str = "") -> dict[str, str]:
    """A pressed button as Slack sends it."""
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": "somebody", "team_id": "T0"},
        "api_app_id": "A0",
        "container": {"type": "message", "message_ts": "1730000000.000100", "channel_id": "D0AAA"},
        "trigger_id": "1.2.3",
        "response_url": response_url,
        "actions": [
            {
                "type": "button",
                "block_id": "b",
                "action_id": f"tocsin:{verb}",
                "value": token,
                "action_ts": "1730000001.1",
            }
        ],
    }
    return {"payload": json.dumps(payload)}
