"""Many threads store at once; and the short way to the intake answers as the long one does."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError
from django.test import Client

from alerts import storing
from alerts.models import Event, Integration
from alerts.storing import Store
from config import intake
from config.intake import intake_first
from tests.making import NOW

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {
    "event_action": "trigger",
    "dedup_key": "k",
    "payload": {"summary": "s", "source": "h", "severity": "info"},
}


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.close()


@pytest.fixture
def through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str, dict[str, str], bytes]]:
    """A request by the short way: status, headers and body."""
    monkeypatch.setattr(intake, "store", store)

    def send(path: str, body: bytes, method: str = "POST") -> tuple[str, dict[str, str], bytes]:
        said: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        answer = intake_first(lambda *_: [b"the long way"])(environ, lambda *given: said.extend(given))
        return (said[0], dict(said[1]), b"".join(answer)) if said else ("", {}, b"".join(answer))

    return send


def put(store: Store, door: Integration, body: str = "{}") -> int:
    return store(integration_id=door.pk, endpoint="alert", body=body, now=NOW)


def test_each_of_many_threads_gets_the_id_of_its_own_row(
    store: Store, integration: tuple[Integration, str]
) -> None:
    door = integration[0]
    with ThreadPoolExecutor(16) as threads:
        ids = list(threads.map(lambda number: put(store, door, f'"{number}"'), range(500)))
    assert len(set(ids)) == 500
    bodies = dict(Event.objects.values_list("pk", "body"))
    assert [bodies[each] for each in ids] == [f'"{number}"' for number in range(500)]


def test_those_that_come_while_one_is_written_go_together(
    store: Store, integration: tuple[Integration, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real, first, rest = Store._execute, threading.Event(), threading.Event()

    def slow(one: Store, batch: list[Any]) -> None:
        sizes.append(len(batch))
        if len(sizes) == 1:
            first.set()
            assert rest.wait(10)
        real(one, batch)

    monkeypatch.setattr(Store, "_execute", slow)
    with ThreadPoolExecutor(8) as threads:
        done = [threads.submit(put, store, integration[0])]
        assert first.wait(10)
        done += [threads.submit(put, store, integration[0]) for _ in range(5)]
        while len(store._queue) < 5:
            pass
        rest.set()
        assert len({each.result() for each in done}) == 6
    assert sizes == [1, 5]


def test_one_row_that_is_refused_costs_only_itself(
    store: Store, integration: tuple[Integration, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Integration(pk=integration[0].pk + 999)
    rows = [
        storing._Waiting((each.pk, "alert", "{}", "{}", "", NOW, None)) for each in (integration[0], gone)
    ]
    store._write(rows)
    assert rows[0].id
    assert isinstance(rows[1].error, psycopg.errors.ForeignKeyViolation)
    with pytest.raises(IntegrityError):
        put(store, gone)
    assert put(store, integration[0])


def test_a_lost_connection_is_replaced(store: Store, integration: tuple[Integration, str]) -> None:
    put(store, integration[0])
    assert store._connection
    store._connection.close()
    assert put(store, integration[0])


def test_no_database_is_an_error_that_the_intake_knows(
    store: Store, integration: tuple[Integration, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(storing, "_connect", refused)
    with pytest.raises(DatabaseError, match="refused"):
        put(store, integration[0])
    monkeypatch.undo()
    assert put(store, integration[0])


def test_the_short_way_answers_as_the_long_one(through: Any, integration: tuple[Integration, str]) -> None:
    key = integration[1]
    bodies: list[object] = [
        {**BODY, "routing_key": key},
        {**BODY, "routing_key": "x" * 32},
        {"routing_key": key},
        [],
    ]
    for body in bodies:
        raw = json.dumps(body).encode()
        status, headers, content = through("/v2/enqueue", raw)
        long = Client().post("/v2/enqueue", raw, content_type="application/json")
        assert status.startswith(str(long.status_code))
        assert json.loads(content) == long.json()
        assert {name: headers[name] for name in long.headers} == dict(long.headers)
    assert Event.objects.count() == 2


def test_the_short_way_leaves_everything_else_to_the_long_one(through: Any) -> None:
    assert through("/incidents/", b"", "GET")[2] == b"the long way"
    assert through("/in/nothing/here", b"", "POST")[0] == "404 Not Found"


def test_a_bug_at_the_door_is_a_500_and_not_the_end_of_the_process(
    through: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(intake, "dispatch", broken)
    assert through("/v2/enqueue", b"{}")[0] == "500 Internal Server Error"
