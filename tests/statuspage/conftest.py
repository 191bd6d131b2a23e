"""A page with one component for `service`, and a web process without a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from catalog.models import Service
from incidents.models import Incident, Update
from statuspage import actions, copies
from statuspage.models import Component, StatusPage
from tests.statuspage import making


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> copies.Copies:
    """This process's copies, empty, on a disk of their own; they ask the database in the test's own thread."""
    settings.DATA_DIR = tmp_path
    fresh = copies.Copies()

    def freshen() -> None:
        fresh.update()
        fresh.confirmed = True

    monkeypatch.setattr(fresh, "freshen", freshen)
    monkeypatch.setattr(copies, "shared", fresh)
    return fresh


@pytest.fixture
def page(db: None, now: datetime) -> StatusPage:
    return actions.create_page(actor=None, name="Acme", slug="acme", now=now)


@pytest.fixture
def component(page: StatusPage, service: Service, now: datetime) -> Component:
    return actions.add_component(actor=None, page=page, name="Checkout", services=[service], now=now)


@pytest.fixture
def incident(service: Service, now: datetime) -> Incident:
    return making.make_incident(service, now)


Tell = Callable[..., Update]


@pytest.fixture
def tell(page: StatusPage, incident: Incident, owner: User, now: datetime) -> Tell:
    """Write an update about `incident` and render the page: `tell("identified", "major_outage", "…")`."""

    def write(
        phase: str, impact: str = "major_outage", body: str = "We look into it.", **fields: Any
    ) -> Update:
        at = fields.pop("at", now)
        update = making.make_update(incident, phase, impact, body, at, author=owner, **fields)
        actions.render(page=page, now=at)
        return update

    return write
