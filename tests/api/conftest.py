"""People who speak to the API by token, and incidents for them to act on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client

from accounts.actions import create_token
from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import Opening, declare_new, open_for_alerts
from incidents.models import Incident
from tests.making import NOW

Tokened = Callable[..., Client]


def client_of(user: User, *, read_only: bool = False) -> Client:
    """A client that sends a token of `user`. A failure of ours is an answer, not an exception."""
    _row, text = create_token(actor=user, name="test", now=NOW, read_only=read_only)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def as_member(member: User) -> Client:
    return client_of(member)


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    return client_of(viewer)


@pytest.fixture
def as_stranger(stranger: User) -> Client:
    return client_of(stranger)


@pytest.fixture
def as_nobody() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def triaged(service: Service, now: datetime) -> Incident:
    """Opened by alerts and paging."""
    return make_triaged(service, now)


@pytest.fixture
def declared(service: Service, owner: User, now: datetime) -> Incident:
    """Declared by `owner` as SEV2, without paging."""
    return make_declared(service, owner, now)


def make_triaged(service: Service, now: datetime, title: str = "Checkout answers 502") -> Incident:
    opening = Opening(
        service=service,
        title=title,
        summary="One request in three fails.",
        urgency="high",
        source="pagerduty",
        started_at=now,
        entry="An alert came in",
    )
    with transaction.atomic():
        [incident] = open_for_alerts(openings=[opening], now=now)
    return incident


def make_declared(service: Service, actor: User, now: datetime, title: str = "Login is slow") -> Incident:
    return declare_new(actor=actor, service=service, title=title, severity=2, now=now, page=False)
