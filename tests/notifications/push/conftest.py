"""A push service on loopback, a browser that subscribed there, and pages whose answers are noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from lib.sealing import seal
from notifications import providers
from notifications.keys import vapid_keys
from notifications.models import ContactMethod
from notifications.transports.chats import posting
from notifications.transports.push.subscriptions import Subscription, read
from tests.notifications.chats.conftest import asked as asked
from tests.notifications.chats.server import Chat, running
from tests.notifications.push.browser import Browser


@pytest.fixture
def service_host(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    monkeypatch.setattr(posting, "TIMEOUT", 2.0)
    providers.forget()
    cache.clear()
    with running() as found:
        found.usual_status = 201
        yield found


@pytest.fixture
def browser(service_host: Chat) -> Browser:
    return Browser(f"{service_host.root}/push/e1")


@pytest.fixture
def subscription(browser: Browser, now: datetime, db: None) -> Subscription:
    return read(browser.json, key=vapid_keys(now).public)


@pytest.fixture
def device(member: User, subscription: Subscription, now: datetime) -> ContactMethod:
    """Milan's browser, verified."""
    return ContactMethod.objects.create(
        user=member,
        transport="push",
        address=subscription.address,
        label="Chrome on Android",
        secret=seal(subscription.stored()),
        created_at=now,
        verified_at=now,
    )
