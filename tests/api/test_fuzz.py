"""Whatever is written to the API, the answer is never a failure of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Service
from incidents.actions.transitions import SAID
from incidents.models import Incident

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=40)
    | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = {
    "": ("service", "title", "severity", "summary", "page", "started_at"),
    "/acknowledge": (),
    "/declare": ("severity", "commander"),
    "/resolve": ("note",),
    "/transition": ("verb", "note"),
    "/notes": ("text", "kind", "happened_at"),
    "/updates": ("phase", "impact", "body", "is_public"),
}
LIKELY = st.sampled_from([1, "payments-api", "note", "identified", "operational", True, *SAID])
never_fails = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def assert_answered(answer: Any) -> None:
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("part", FIELDS)
@never_fails
@given(data=st.data())
def test_any_json_gets_an_answer(
    as_member: Client, service: Service, triaged: Incident, part: str, data: st.DataObject
) -> None:
    fields = dict.fromkeys(FIELDS[part], LIKELY | anything)
    body = data.draw(anything | st.fixed_dictionaries({}, optional=fields))
    path = f"/api/v1/incidents/{triaged.pk}{part}" if part else "/api/v1/incidents"
    assert_answered(as_member.generic("POST", path, json.dumps(body).encode(), "application/json"))


@never_fails
@given(body=st.binary(max_size=200), key=st.text(st.characters(codec="latin-1"), max_size=130))
def test_any_bytes_get_an_answer(as_member: Client, service: Service, body: bytes, key: str) -> None:
    headers = {"Idempotency-Key": key}
    assert_answered(as_member.generic("POST", "/api/v1/incidents", body, "application/json", headers=headers))


@pytest.mark.parametrize("path", ["incidents", "alerts", "services", "oncall", "postmortems", "users"])
@never_fails
@given(
    query=st.dictionaries(
        st.sampled_from(
            [
                *(
                    "state",
                    "open",
                    "service",
                    "team",
                    "severity",
                    "urgency",
                    "q",
                    "since",
                    "until",
                    "limit",
                    "offset",
                ),
                *("incident", "at", "schedule", "tier", "archived", "active", "format"),
            ]
        ),
        st.text(st.characters(codec="utf-8"), max_size=30) | st.integers().map(str),
        max_size=4,
    )
)
def test_any_query_gets_an_answer(
    as_member: Client, service: Service, path: str, query: dict[str, str]
) -> None:
    assert_answered(as_member.get(f"/api/v1/{path}", query))
