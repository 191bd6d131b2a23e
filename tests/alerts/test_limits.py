"""Limits of events a minute: counted without a query, refused as the sender retries, told, and shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from alerts import keys, limits
from alerts.actions.limits import KEY, watch_limits
from alerts.limits import Count, Meter, last_hour, minute_of
from alerts.models import Alert, AlertState, Event, IntakeMinute, Integration
from alerts.processing import process_waiting
from alerts.sources.base import Door
from alerts.views import intake
from notifications.models import Urgency
from tests.making import NOW

pytestmark = pytest.mark.django_db
BODY = {"event_action": "trigger", "payload": {"summary": "s", "source": "h", "severity": "info"}}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    made = Meter()
    monkeypatch.setattr(intake, "meter", made)
    return made


@pytest.fixture
def limited(integration: tuple[Integration, str]) -> tuple[Integration, str]:
    Integration.objects.update(limit_per_minute=10)
    keys.forget()
    integration[0].refresh_from_db()
    return integration


@pytest.fixture
def post(limited: tuple[Integration, str]) -> Callable[[], int]:
    def send() -> int:
        body = {**BODY, "routing_key": limited[1], "dedup_key": "k"}
        return Client().post("/v2/enqueue", json.dumps(body), content_type="application/json").status_code

    return send


def fill(door: Integration, accepted: int, over: int = 0, at: datetime = NOW) -> None:
    IntakeMinute.objects.update_or_create(
        integration=door, minute=minute_of(at), defaults={"accepted": accepted, "over": over}
    )


def look(at: datetime) -> int:
    made = watch_limits(now=at)
    process_waiting(now=at)
    return made


def test_what_is_beyond_the_limit_is_refused_as_its_sender_retries_counted_and_sampled_once(
    post: Callable[[], int], meter: Meter, limited: tuple[Integration, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # the clock of the door stands still
            return NOW

    monkeypatch.setattr(intake, "datetime", Fixed)
    assert [post() for _ in range(15)] == [202] * 10 + [429] * 5
    sample = Event.objects.exclude(processed_at=None).get()
    assert sample.notes == ["over the limit: kept as a sample, 1 refused in this minute"]
    assert Event.objects.count() == 11
    meter.flush()
    row = IntakeMinute.objects.get()
    assert (row.accepted, row.over, row.minute) == (10, 5, NOW)
    assert post() == 429
    # Another process keeps none in the same ten seconds.
    door = Door(limited[0].pk, "pagerduty", limit=10)
    kept: Any = {"endpoint": "alert", "body": "{}", "context": "{}", "refused": 7}
    assert limits.keep_sample(door, **kept, now=NOW + timedelta(seconds=9)) is None
    assert limits.keep_sample(door, **kept, now=NOW + timedelta(seconds=10))


def test_no_query_is_asked_for_the_limit_when_the_key_is_known(post: Callable[[], int], meter: Meter) -> None:
    assert post() == 202
    with CaptureQueriesContext(connection) as asked:
        assert post() == 202
    assert len([each for each in asked if "INSERT INTO alerts_event" in each["sql"]]) == len(asked) == 1


def test_processes_share_the_limit(limited: tuple[Integration, str]) -> None:
    door, one, other = Door(limited[0].pk, "pagerduty", limit=10), Meter(), Meter()
    assert all(one.lets_in(door, NOW) for _ in range(6))
    assert all(other.lets_in(door, NOW) for _ in range(3))
    one.flush()
    other.flush()
    assert other.lets_in(door, NOW)
    assert not other.lets_in(door, NOW)
    assert other.lets_in(door, NOW + MINUTE), "the next minute is another one"


def test_a_sign_of_life_is_never_refused(limited: tuple[Integration, str]) -> None:
    door, one = Door(limited[0].pk, "pagerduty", limit=1), Meter()
    assert one.lets_in(door, NOW)
    assert not one.lets_in(door, NOW)
    assert one.lets_in(door, NOW, always=True)


def test_what_could_not_be_written_is_counted_the_next_time(
    limited: tuple[Integration, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    door, one = Door(limited[0].pk, "pagerduty", limit=None), Meter()
    one.lets_in(door, NOW)

    def broken(_taken: dict[limits.Place, Count]) -> dict[limits.Place, Count]:
        raise ZeroDivisionError

    monkeypatch.setattr(limits, "_added", broken)
    with pytest.raises(ZeroDivisionError):
        one.flush()
    monkeypatch.undo()
    one.lets_in(door, NOW)
    one.lets_in(Door(door.id + 999, "pagerduty"), NOW)
    one.flush()
    assert IntakeMinute.objects.get().accepted == 2


def test_near_the_limit_is_told_quietly_and_at_it_the_owner_is_paged_once(
    limited: tuple[Integration, str],
) -> None:
    door = limited[0]
    fill(door, 7)
    assert look(NOW) == 0
    fill(door, 8)
    assert look(NOW) == 1
    alert = Alert.objects.get()
    assert (alert.dedup_key, alert.severity, alert.incident.urgency) == (KEY, "warning", Urgency.LOW)  # type: ignore[union-attr]
    assert look(NOW) == 0
    fill(door, 10, 3)
    assert look(NOW) == 1
    alert = Alert.objects.get()
    assert (alert.severity, alert.incident.urgency) == ("critical", Urgency.HIGH)  # type: ignore[union-attr]
    assert "3 refused" in alert.summary
    assert look(NOW) == 0


def test_it_is_over_after_five_quiet_minutes_and_not_told_again_when_a_person_closed_it(
    limited: tuple[Integration, str],
) -> None:
    door = limited[0]
    fill(door, 10, 1)
    look(NOW)
    assert look(NOW + MINUTE * 5) == 0
    Alert.objects.update(state=AlertState.RESOLVED, resolved_at=NOW + MINUTE)
    assert look(NOW + MINUTE) == 0
    Alert.objects.update(state=AlertState.OPEN, resolved_at=None)
    assert look(NOW + MINUTE * 7) == 1
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_an_event_of_ours_that_waits_is_not_made_twice(limited: tuple[Integration, str]) -> None:
    fill(limited[0], 10, 1)
    assert watch_limits(now=NOW) == 1
    assert watch_limits(now=NOW) == 0


def test_without_limits_two_statements_are_asked(integration: tuple[Integration, str]) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert watch_limits(now=NOW) == 0
    assert len([each for each in asked if "SAVEPOINT" not in each["sql"]]) == 2


def test_the_page_shows_what_came_in_a_minute_and_what_was_refused(
    limited: tuple[Integration, str], member: User, browser_of: Callable[[User], Client]
) -> None:
    door, at = limited[0], datetime.now(UTC)
    fill(door, 10, 4, at=at - MINUTE)
    fill(door, 6, at=at - MINUTE * 5)
    hour = last_hour(door.pk, at)
    assert (hour.last, hour.most, hour.over) == (10, 10, 4)
    page = browser_of(member).get(reverse("alerts:integration", args=[door.pk])).content.decode()
    assert "the limit is 10 a minute" in page
    assert "4 refused over the limit" in page
