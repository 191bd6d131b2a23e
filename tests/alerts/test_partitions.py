"""Events by day: where they lie, what is made ahead, what is dropped and what never is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from alerts import partitions
from alerts.actions.intake import accept
from alerts.models import Alert, Event, Integration
from alerts.partitions import drop_old, ensure_ahead, keep_up
from alerts.processing import process_waiting
from catalog.models import Service
from tests.making import make_integration

pytestmark = pytest.mark.django_db
# A time of which the migration made no partitions.
THEN = datetime(2031, 5, 10, 12, 0, tzinfo=UTC)
DAY, KEEP = timedelta(days=1), timedelta(days=30)
PAYLOAD = {"summary": "full", "source": "db1", "severity": "critical"}
BODY = json.dumps({"event_action": "trigger", "dedup_key": "disk", "payload": PAYLOAD})


@pytest.fixture
def door(service: Service) -> Integration:
    return make_integration(service)[0]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "REST_BETWEEN", 0)


def store(door: Integration, at: datetime, *, done: bool = True) -> int:
    pk = accept(integration_id=door.pk, endpoint="alert", body=BODY, now=at)
    if done:
        Event.objects.filter(pk=pk).update(processed_at=at)
    checked()
    return pk


def checked() -> None:
    """A commit would check what is deferred; DDL refuses a table with such checks to come."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def lies_in(pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM alerts_event WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_a_new_installation_has_today_and_a_week_ahead() -> None:
    today = datetime.now(UTC)
    for number in range(7):
        assert any(each.covers(today + DAY * number) for each in partitions.partitions())


def test_an_event_lies_with_its_utc_day(door: Integration) -> None:
    assert len(ensure_ahead(THEN)) == 8
    midnight = datetime(2031, 5, 11, tzinfo=UTC)
    late, early = store(door, midnight - timedelta(microseconds=1)), store(door, midnight)
    assert (lies_in(late), lies_in(early)) == ("alerts_event_d20310510", "alerts_event_d20310511")
    assert ensure_ahead(THEN) == []
    assert ensure_ahead(THEN + DAY) == ["alerts_event_d20310518"]


def test_an_event_of_a_day_without_partition_is_kept_and_moves_into_it_when_it_is_made(
    door: Integration,
) -> None:
    pk = store(door, THEN)
    assert lies_in(pk) == "alerts_event_other"
    ensure_ahead(THEN)
    assert lies_in(pk) == "alerts_event_d20310510"
    assert Event.objects.get(pk=pk).body == BODY


def test_days_past_their_retention_are_dropped_and_no_other(door: Integration) -> None:
    ensure_ahead(THEN)
    old, kept = store(door, THEN), store(door, THEN + DAY)
    assert "alerts_event_d20310510" not in drop_old(THEN + DAY * 30, KEEP)
    at = datetime(2031, 5, 11, tzinfo=UTC) + KEEP
    assert "alerts_event_d20310510" in drop_old(at, KEEP)
    assert not Event.objects.filter(pk=old).exists()
    assert Event.objects.filter(pk=kept).exists()


def test_a_day_with_an_event_that_waits_is_never_dropped(door: Integration) -> None:
    ensure_ahead(THEN)
    pk = store(door, THEN, done=False)
    assert "alerts_event_d20310510" not in drop_old(THEN + DAY * 60, KEEP)
    assert Event.objects.filter(pk=pk).exists()
    process_waiting(now=THEN + DAY * 60)
    checked()
    assert "alerts_event_d20310510" in drop_old(THEN + DAY * 60, KEEP)


def test_what_lies_in_no_days_partition_is_deleted_when_it_is_old_unless_it_waits(door: Integration) -> None:
    old, waiting = store(door, THEN), store(door, THEN, done=False)
    newer = store(door, THEN + DAY * 2)
    drop_old(THEN + KEEP + DAY, KEEP)
    assert set(Event.objects.values_list("pk", flat=True)) == {waiting, newer}
    assert old not in {waiting, newer}


def test_who_does_not_get_the_lock_gives_way_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def refused() -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("canceling statement due to lock timeout")
        return True

    assert partitions._patiently(refused, "a day")
    assert len(tries) == 3


def test_the_chore_makes_and_drops_and_says_that_there_is_no_more_to_do(door: Integration) -> None:
    ensure_ahead(THEN)
    assert keep_up(THEN + DAY * 60, KEEP) == 0
    names = {each.name for each in partitions.partitions()}
    assert "alerts_event_d20310510" not in names
    assert "alerts_event_d20310709" in names


def test_an_alert_whose_events_are_gone_says_so(
    door: Integration, member: User, browser_of: Any, now: datetime
) -> None:
    store(door, now, done=False)
    process_waiting(now=now)
    alert = Alert.objects.get()
    Event.objects.all().delete()
    browser: Client = browser_of(member)
    page = browser.get(reverse("alerts:alert", args=[alert.pk]))
    assert page.status_code == 200
    assert "The raw event is past its retention" in page.content.decode()
    assert reverse("alerts:event", args=[door.pk, alert.first_event_id]) not in page.content.decode()


@pytest.fixture
def one_table() -> Iterator[Any]:
    """The table as it was before it was partitioned."""
    migration = import_module("alerts.migrations.0005_events_by_day")
    checked()
    migration.join(None, connection.schema_editor())
    return migration


def test_events_are_carried_over_and_back_with_their_ids(one_table: Any, door: Integration) -> None:
    first = store(door, datetime.now(UTC) - DAY * 3)
    second = store(door, datetime.now(UTC), done=False)
    checked()
    one_table.split(None, connection.schema_editor())
    assert {lies_in(first), lies_in(second)} == {"alerts_event_before"}
    third = store(door, datetime.now(UTC) + DAY)
    assert third == second + 1
    assert lies_in(third).startswith("alerts_event_d")
    assert len(ensure_ahead(datetime.now(UTC))) == 0
    checked()
    one_table.join(None, connection.schema_editor())
    assert list(Event.objects.values_list("pk", flat=True)) == [first, second, third]
    assert store(door, datetime.now(UTC)) == third + 1


def test_an_event_of_an_integration_that_is_not_there_is_refused(door: Integration) -> None:
    with pytest.raises(Exception, match="alerts_event_integration_id"):
        store(Integration(pk=door.pk + 999), THEN)


def test_metrics_say_how_many_days_are_ahead() -> None:
    page = Client().get("/metrics").content.decode()
    days = next(line for line in page.splitlines() if line.startswith("tocsin_event_days_ahead "))
    assert float(days.split()[1]) == 7
