"""Bodies and answers that the tests of the on-call side share."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from oncall.models import Layer, Schedule
from tests.making import make_schedule

V1 = "/api/v1"


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The answer to a JSON body at a path below /api/v1."""
    raw = b"" if body is None else json.dumps(body).encode()
    return client.generic(method, f"{V1}/{path}", raw, "application/json", headers=headers)


def get(client: Client, path: str) -> Any:
    """The body of an answer that must be 200."""
    answer = client.get(f"{V1}/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def errors_of(answer: Any, status: int = 400) -> dict[str, list[str]]:
    """What is wrong by place, of a problem document."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    found: dict[str, list[str]] = answer.json()["errors"]
    return found


def refused(answer: Any, status: int) -> str:
    """Why, of a problem document about the whole."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return str(answer.json()["detail"])


def layer(*people: User, **changes: Any) -> dict[str, Any]:
    """Weekly turns from a Monday at 09:00 local."""
    ids = [each.pk for each in people]
    return {"people": ids, "first_handoff": "2026-01-05T09:00", **changes}


def definition(*layers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "Payments primary", "time_zone": "Europe/Berlin", "layers": list(layers), **changes}


def made(team: Team, *people: User) -> Schedule:
    """One with a layer that has a name."""
    found = make_schedule(team, people, zone="Europe/Berlin")
    Layer.objects.filter(schedule=found).update(name="Days")
    return found


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        get(client, path)
    return len(found)
