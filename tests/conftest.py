"""Three actors, one team with a service, and a mail server that keeps what it is given.

`owner` manages the team, `member` is a responder in it, `stranger` a responder of another team; `viewer` only reads,
`admin` may all. Time stands still at `now`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, Team, User
from alerts import keys
from alerts.models import Integration
from alerts.processing import process_waiting
from catalog.models import Service
from incidents.sweep import sweep
from notifications import circuits, lateness, measures, outbox, providers
from oncall.models import EscalationPolicy, Schedule
from tests import making
from tests.smtp import Mailbox, running

pytest_plugins = ["tests.world"]


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """What a process remembers must not leak from one test into the next."""
    keys.forget()
    providers.forget()
    circuits.forget()
    outbox.forget()
    measures.forget()
    lateness.forget()
    cache.clear()


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Any) -> None:
    """A million rounds for every throw-away person would be most of the time that the tests take."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def now() -> datetime:
    return making.NOW


@pytest.fixture
def admin(db: None) -> User:
    return making.make_user("Ada Admin", role=Role.ADMIN)


@pytest.fixture
def owner(db: None) -> User:
    return making.make_user("Olga Owner")


@pytest.fixture
def member(db: None) -> User:
    return making.make_user("Milan Member")


@pytest.fixture
def stranger(db: None) -> User:
    return making.make_user("Stella Stranger")


@pytest.fixture
def viewer(db: None) -> User:
    return making.make_user("Vera Viewer", role=Role.VIEWER)


@pytest.fixture
def team(owner: User, member: User) -> Team:
    return making.make_team("Payments", managers=(owner,), members=(member,))


@pytest.fixture
def other_team(stranger: User) -> Team:
    return making.make_team("Search", managers=(stranger,))


@pytest.fixture
def schedule(team: Team, member: User) -> Schedule:
    return making.make_schedule(team, (member,), name="Payments primary")


@pytest.fixture
def policy(team: Team, schedule: Schedule, owner: User) -> EscalationPolicy:
    """First whoever is on call (`member`), five minutes later `owner`, who is the fallback too."""
    return making.make_policy(team, (schedule,), (owner,), fallback=(owner,))


@pytest.fixture
def service(team: Team, policy: EscalationPolicy) -> Service:
    return making.make_service(team, policy, "Payments API", tier=1)


@pytest.fixture
def integration(service: Service) -> tuple[Integration, str]:
    """A PagerDuty integration and its key."""
    return making.make_integration(service)


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """Django's test client, signed in as that person, with CSRF checks on."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def work(mailbox: Mailbox) -> Callable[[datetime], None]:
    """One turn of a worker's pumps at a moment: intake, sweep, send."""

    def turn(moment: datetime) -> None:
        process_waiting(now=moment)
        while sweep(now=moment):
            pass
        outbox.send_due(worker="test", now=moment)

    return turn


@pytest.fixture
def later(now: datetime) -> Callable[..., datetime]:
    """`later(minutes=5)`: that long after `now`."""
    return lambda **span: now + timedelta(**span)


@pytest.fixture
def mailbox(settings: object) -> Iterator[Mailbox]:
    """A real SMTP server on loopback, and the settings point to it."""
    with running() as box:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port  # type: ignore[attr-defined]
        yield box
