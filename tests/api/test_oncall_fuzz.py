"""Whatever is written to the on-call side of the API, the answer is never a failure of ours."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from catalog.models import Service
from oncall.models import Schedule
from oncall.serializers import absences, definitions, overrides, rules
from oncall.serializers.calendars import NewLink
from tests.api.conftest import client_of
from tests.api.test_fuzz import anything, assert_answered, never_fails

MOMENTS = (
    "2026-03-16T08:00:00Z",
    "2026-12-31T23:59:60Z",
    "2027-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
)
LIKELY = st.sampled_from(
    [0, 1, True, "UTC", "Europe/Berlin", "payments", "2026-01-05T09:00", "09:00", *MOMENTS]
)
BODIES = {
    "schedules": definitions.NewSchedule,
    "schedules/{schedule}": definitions.SchedulePart,
    "schedules/{schedule}/preview": definitions.SchedulePart,
    "schedules/{schedule}/undo": definitions.Undoing,
    "schedules/{schedule}/overrides": overrides.NewOverride,
    "policies": rules.NewPolicy,
    "absences": absences.NewAbsence,
    "cover-requests": absences.NewCover,
    "calendar-links": NewLink,
}
INNER = {
    "layers": definitions.LayerBody,
    "restrictions": definitions.WindowBody,
    "steps": rules.StepBody,
    "targets": rules.TargetBody,
    "condition": rules.ConditionBody,
    "swap": absences.SwapBody,
}
QUERIES = {
    "schedules/{schedule}/final": ("since", "until"),
    "schedules/{schedule}/overrides": ("since", "until", "limit"),
    "reports/coverage": ("weeks", "team", "schedule"),
    "reports/gaps": ("since", "until", "offset", "team"),
    "reports/load": ("since", "until", "schedule"),
    "absences": ("user", "team", "since"),
    "cover-requests": ("state", "mine", "schedule"),
    "calendar-feeds": ("schedule", "purpose"),
    "policies": ("team", "offset"),
}


def body_of(shape: type) -> st.SearchStrategy[object]:
    """A body with the right names, each value likely, nonsense, or of the right form itself."""
    values = {
        name: LIKELY | anything | st.lists(body_of(INNER[name]), max_size=2) | body_of(INNER[name])
        if name in INNER
        else LIKELY | anything | st.lists(LIKELY, max_size=2)
        for name in shape().fields
    }
    return st.fixed_dictionaries({}, optional=values)


@pytest.mark.parametrize("path", BODIES)
@never_fails
@given(data=st.data())
def test_any_json_gets_an_answer(
    owner: User, service: Service, schedule: Schedule, path: str, data: st.DataObject
) -> None:
    client: Client = client_of(owner)
    body = json.dumps(data.draw(body_of(BODIES[path]) | anything)).encode()
    address = f"/api/v1/{path.format(schedule=schedule.pk)}"
    for method in ("POST", "PUT", "PATCH"):
        assert_answered(client.generic(method, address, body, "application/json"))


@pytest.mark.parametrize("path", QUERIES)
@never_fails
@given(data=st.data())
def test_any_query_gets_an_answer(
    as_member: Client, service: Service, schedule: Schedule, path: str, data: st.DataObject
) -> None:
    text = (
        st.sampled_from(MOMENTS) | st.integers().map(str) | st.text(st.characters(codec="utf-8"), max_size=20)
    )
    query = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(QUERIES[path], text)))
    assert_answered(as_member.get(f"/api/v1/{path.format(schedule=schedule.pk)}", query))
