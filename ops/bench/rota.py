"""Schedules, measured inside the application: prints one JSON object. Run by the phase `rota`, on throw-away data."""

from __future__ import annotations

import json
import os
import sys
import time as clock
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import islice
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up before models are imported
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import Membership, Team, User  # noqa: E402
from lib.intervals import Interval  # noqa: E402
from oncall import coverage, rotation  # noqa: E402
from oncall.models import Layer, Restriction, Schedule, Slot  # noqa: E402
from oncall.queries import who_is_on_call  # noqa: E402

PEOPLE, LAYERS = 50, 10
SIZES = (1, 10, 100, 1000)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
YEAR = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of several runs, after one that warms up."""
    work()
    taken = []
    for _ in range(times):
        began = clock.perf_counter()
        work()
        taken.append(clock.perf_counter() - began)
    return round(median(taken) * 1000, 1)


def one_year(unit: rotation.Unit) -> coverage.Schedule:
    """Ten layers of fifty people with weekly windows, in Berlin's time."""
    return coverage.Schedule(
        tuple(
            rotation.Layer(
                id=number,
                people=tuple(range(1, PEOPLE + 1)),
                zone="Europe/Berlin",
                virtual_start=datetime(2025, 12, 29, 9),  # noqa: DTZ001 - local time on purpose
                turn=rotation.Turn(1, unit),
                restrictions=tuple(
                    rotation.Restriction(time(8 + number), timedelta(hours=9), day) for day in range(5)
                ),
            )
            for number in range(LAYERS)
        )
    )


def stored(total: int) -> list[int]:
    """`total` schedules of three layers with six people each and a window; returns their ids."""
    team = Team.objects.create(name="Rota", slug="rota")
    people = User.objects.bulk_create(
        User(email=f"rota{number}@example.test", name=f"Person {number:03}") for number in range(PEOPLE)
    )
    schedules = Schedule.objects.bulk_create(
        Schedule(team=team, name=f"Rota {number:04}", time_zone=ZONES[number % len(ZONES)])
        for number in range(total)
    )
    layers = Layer.objects.bulk_create(
        _layer(schedule, place) for schedule in schedules for place in range(3)
    )
    Slot.objects.bulk_create(
        Slot(layer=layer, position=place, user=people[(layer.pk + place) % PEOPLE])
        for layer in layers
        for place in range(6)
    )
    Restriction.objects.bulk_create(
        Restriction(layer=layer, start=time(8), duration=timedelta(hours=12))
        for layer in layers
        if layer.position
    )
    return [schedule.pk for schedule in schedules]


def _layer(schedule: Schedule, place: int) -> Layer:
    return Layer(
        schedule=schedule,
        position=place,
        starts_at=datetime(2025, 1, 1, tzinfo=UTC),
        first_handoff_date=date(2025, 1, 6),
        handoff_time=time(9),
    )


def large() -> Schedule:
    """One schedule with ten layers of fifty people and weekly windows."""
    team, people = Team.objects.get(slug="rota"), list(User.objects.filter(email__startswith="rota"))
    schedule = Schedule.objects.create(team=team, name="Large", time_zone="Europe/Berlin")
    for place in range(LAYERS):
        layer = _layer(schedule, place)
        layer.save()
        Slot.objects.bulk_create(Slot(layer=layer, position=n, user=user) for n, user in enumerate(people))
        Restriction.objects.bulk_create(
            Restriction(layer=layer, weekday=day, start=time(8 + place), duration=timedelta(hours=9))
            for day in range(5)
        )
    return schedule


def main() -> dict[str, Any]:
    """All figures, by name."""
    found: dict[str, Any] = {}
    for unit in (rotation.Unit.WEEKS, rotation.Unit.DAYS):
        value = one_year(unit)
        found[f"year_by_{unit}_ms"] = milliseconds(partial(coverage.final, value, YEAR), 9)
    with transaction.atomic():
        ids, at = stored(max(SIZES)), timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for size in SIZES:
        asked = list(islice(ids, size))
        found[f"now_{size}_ms"] = milliseconds(partial(who_is_on_call, asked, at), 7)
        with CaptureQueriesContext(connection) as queries:
            who_is_on_call(asked, at)
        found[f"now_{size}_queries"] = len(queries)
    return found | _pages(large())


def _pages(schedule: Schedule) -> dict[str, Any]:
    """Server time of the quarter's page: the whole request inside the process, without the network."""
    settings.ALLOWED_HOSTS = ["testserver"]
    reader = User.objects.filter(email__startswith="rota").first()
    assert reader is not None  # noqa: S101 - made above
    Membership.objects.create(team=schedule.team, user=reader)
    client = Client()
    client.force_login(reader)
    found: dict[str, Any] = {}
    for span in ("two-weeks", "month", "quarter"):
        address = f"/oncall/schedules/{schedule.pk}/?range={span}"
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code  # noqa: S101 - a figure of an error page is none
        found[f"page_{span}_ms"] = milliseconds(partial(client.get, address), 9)
        found[f"page_{span}_kb"] = round(len(answer.content) / 1024)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        found[f"page_{span}_queries"] = len(queries)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
