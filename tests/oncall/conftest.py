"""A rotation of two, and a request for cover in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import Team, User
from oncall import actions
from oncall.models import CoverRequest, Schedule
from tests.making import NOW, make_schedule, make_user

HIS = datetime(2026, 3, 16, 9, tzinfo=UTC), datetime(2026, 3, 23, 9, tzinfo=UTC)
"""Milan's next shift in `rota`."""
HERS = datetime(2026, 3, 23, 9, tzinfo=UTC), datetime(2026, 3, 30, 9, tzinfo=UTC)
"""Olga's shift after it; she is on call now too."""
Ask = Callable[..., CoverRequest]


@pytest.fixture
def rota(team: Team, member: User, owner: User) -> Schedule:
    return make_schedule(team, (member, owner), name="Payments primary")


@pytest.fixture
def third(team: Team) -> User:
    person = make_user("Theo Third")
    team.memberships.create(user=person)
    return person


@pytest.fixture
def ask(rota: Schedule, member: User) -> Ask:
    """Milan asks for cover of his next shift."""

    def asked(**changes: object) -> CoverRequest:
        given = {"actor": member, "asker": member, "now": NOW, "schedule": rota}
        given |= {"starts_at": HIS[0], "ends_at": HIS[1]}
        return actions.ask_for_cover(**given | changes)  # type: ignore[arg-type] # the tests name the fields

    return asked
