"""What schemathesis makes of our OpenAPI document, sent to every operation: no failure of ours, answers as described.

The document is the one that we serve; requests go through WSGI in this process, with a token, and to rows that are
there as well as to any others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.actions import create_token
from accounts.models import Team, User
from alerts.models import Heartbeat, Integration
from catalog.models import Service
from incidents.models import Incident
from oncall.models import EscalationPolicy, Schedule
from tests.making import NOW

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SCHEMATHESIS", "2"))  # of each of some hundred operations
Asked = Case[Any]  # whatever the operation is made of
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

# Names of the document's parts of paths, by the word behind /api/v1/, to the row that is there.
THERE: Mapping[str, Callable[[], object]] = {
    "incidents": lambda: Incident.objects.values_list("pk", flat=True).first(),
    "services": lambda: Service.objects.values_list("slug", flat=True).first(),
    "teams": lambda: Team.objects.values_list("slug", flat=True).first(),
    "schedules": lambda: Schedule.objects.values_list("pk", flat=True).first(),
    "policies": lambda: EscalationPolicy.objects.values_list("pk", flat=True).first(),
    "integrations": lambda: Integration.objects.values_list("pk", flat=True).first(),
    "heartbeats": lambda: Heartbeat.objects.values_list("pk", flat=True).first(),
}


@pytest.fixture
def token(admin: User) -> str:
    _row, text = create_token(actor=admin, name="schemathesis", now=NOW, read_only=False)
    return text


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """A request of a server's closes its connection; the test's transaction must outlive it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def operations(db: None, _one_connection: None) -> list[st.SearchStrategy[Asked]]:
    """How to ask each operation; made once, since that takes longer than asking."""
    document = schemathesis.openapi.from_wsgi("/api/schema?format=json", WSGIHandler())
    results = list(document.get_all_operations())
    found = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(found) == len(results), "an operation is not described well enough to be asked"
    return [operation.as_strategy() for operation in found]


def prefix(case: Asked) -> str:
    return case.path.removeprefix("/api/v1/").split("/")[0]


def test_every_operation_answers_as_the_document_says(
    operations: list[st.SearchStrategy[Asked]],
    token: str,
    triaged: Incident,
    integration: tuple[Integration, str],
    now: datetime,
) -> None:
    wrong: list[str] = []

    def ask(case: Asked, there: bool) -> None:
        with transaction.atomic():
            wrong.extend(send(case, token, there=there))
            transaction.set_rollback(True)

    few = settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations:
        few(given(operation, st.booleans())(ask))()
    assert not wrong, "\n\n".join(wrong)


def send(case: Asked, token: str, *, there: bool) -> list[str]:
    """Send it as it is, or to the row that is there; returns what is wrong with the answer."""
    row = THERE[prefix(case)]() if there and prefix(case) in THERE else None
    if row is not None and case.path_parameters:
        name = next(iter(case.path_parameters))
        case.path_parameters[name] = row
    try:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
    except FailureGroup as failures:
        return [f"{case.method} {case.path}: {failures}"]
    return []
