"""What the sweep asks the database: little when nothing is due, and not the same rows as its neighbour's."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.models import Escalation
from incidents.sweep import SIGHT, sweep


def declare(service: Service, actor: User, now: datetime, count: int) -> None:
    for number in range(count):
        declare_new(actor=actor, service=service, title=f"Number {number}", severity=2, now=now)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(found for below in plan.get("Plans", ()) for found in nodes(below))]


@pytest.mark.django_db(transaction=True)
def test_an_idle_look_is_one_statement_outside_a_transaction(
    service: Service, owner: User, now: datetime
) -> None:
    declare(service, owner, now, 3)
    with CaptureQueriesContext(connection) as queries:
        assert sweep(now=now - timedelta(seconds=1)) == 0
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


@pytest.mark.django_db
def test_the_look_is_answered_by_the_index_alone(service: Service, owner: User, now: datetime) -> None:
    declare(service, owner, now, 3)
    with connection.cursor() as cursor:
        # Three rows are read faster without any index; with many the planner comes to this by itself.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    explained = json.loads(Escalation.objects.due_ids(now)[:200].explain(format="json"))
    found = [(node["Node Type"], node.get("Index Name")) for node in nodes(explained[0]["Plan"])]
    assert found == [("Limit", None), ("Index Only Scan", "escalation_due")]


@pytest.mark.django_db(transaction=True)
def test_a_sweep_takes_the_next_ones_where_a_neighbour_holds_the_first(
    service: Service, owner: User, now: datetime
) -> None:
    declare(service, owner, now, 3 * SIGHT)
    first = list(Escalation.objects.due_ids(now)[:3])
    held, done = Event(), Event()

    def neighbour() -> None:
        with transaction.atomic():
            list(Escalation.objects.filter(pk__in=first).select_for_update())
            held.set()
            assert done.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(neighbour)
        try:
            assert held.wait(10)
            assert sweep(now=now, limit=3) == 3
        finally:
            done.set()
        waiting.result(10)
    assert list(Escalation.objects.due_ids(now)[:3]) == first


@pytest.mark.django_db(transaction=True)
def test_what_stopped_between_look_and_claim_is_left_alone(
    service: Service, owner: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(service, owner, now, 2)
    look: Callable[[Any, datetime], Any] = type(Escalation.objects).due_ids

    def acknowledged_meanwhile(self: Any, moment: datetime) -> Any:
        seen = list(look(self, moment))
        Escalation.objects.filter(pk=seen[0]).update(state="stopped", stopped_at=moment)
        return seen

    monkeypatch.setattr(type(Escalation.objects), "due_ids", acknowledged_meanwhile)
    assert sweep(now=now) == 1
