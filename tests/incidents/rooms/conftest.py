"""A room of the service at Slack, which is set up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.channels import add_channel
from incidents.models import Channel
from lib.sealing import seal
from notifications import providers
from notifications.models import Provider
from notifications.transports import get


@pytest.fixture
def slack(db: None, now: datetime) -> Iterator[None]:
    values = {"bot_token": "xoxb-1", "signing_secret": "0" * 32, "api_url": "http://127.0.0.1:9/api/"}
    Provider.objects.create(name="slack", values=seal(json.dumps(values)), updated_at=now)
    providers.forget()
    yield
    providers.forget()


@pytest.fixture
def room(slack: None, service: Service, owner: User, now: datetime) -> Channel:
    return add_channel(actor=owner, owner=service, transport="slack", address="C0ROOM", now=now, label="#pay")


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack as a channel that cannot change what it sent."""
    transport: Any = get("slack")
    monkeypatch.setattr(transport, "carries", replace(transport.carries, edits=False))
