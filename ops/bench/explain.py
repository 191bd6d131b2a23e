"""What the sweep's own statements cost Postgres while very many timers wait: prints one JSON object.

The statements are taken down while `sweep` runs, so that what is explained is what is asked. Run by the phase
`explain`, on throw-away data; its timers are taken away again.
"""

from __future__ import annotations

import json
import os
import sys
import time as clock
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, models, transaction  # noqa: E402 - Django must be set up first
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog.models import Service  # noqa: E402
from incidents.actions.opening import open_for_alerts  # noqa: E402
from incidents.models import Escalation, Incident  # noqa: E402
from incidents.sweep import sweep  # noqa: E402
from ops.bench.seed import opening  # noqa: E402

DUE = 50
TITLE = "bench-waiting"
SOON, LATER = timedelta(minutes=10), timedelta(days=2)


def wait(total: int, now: datetime) -> None:
    """So many waiting timers, copied from one real incident: DUE of them in ten minutes, the others over days."""
    service = Service.objects.get(slug="each")
    [real] = open_for_alerts(openings=[opening(service, TITLE)], now=now + LATER)
    others = [each for each in _columns(Escalation) if each not in ("incident_id", "next_step_at")]
    with connection.cursor() as cursor:
        columns = ", ".join(_columns(Incident))
        cursor.execute(
            f"INSERT INTO incidents_incident ({columns}) SELECT {columns}"  # noqa: S608 - names of our own columns
            " FROM incidents_incident, generate_series(2, %s) WHERE id = %s",
            [total, real.pk],
        )
        names = ", ".join(others)
        values = ", ".join(f"e.{each}" for each in others)
        cursor.execute(
            f"INSERT INTO incidents_escalation (incident_id, next_step_at, {names})"  # noqa: S608 - the same
            f" SELECT i.id, %s + row_number() OVER () * interval '5 seconds', {values}"
            " FROM incidents_incident i, incidents_escalation e"
            " WHERE e.incident_id = %s AND i.title = %s AND i.id <> %s",
            [now + LATER, real.pk, TITLE, real.pk],
        )
    first = Escalation.objects.filter(incident__title=TITLE).order_by("id").values("pk")[:DUE]
    Escalation.objects.filter(pk__in=first).update(next_step_at=now + SOON)


def _columns(model: type[models.Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [each.column for each in fields if each.column and not (each.primary_key or each.generated)]


def asked(moment: datetime) -> list[str]:
    """The statements with which a sweep at `moment` finds its work; what it did is taken back."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        sweep(now=moment)
        transaction.set_rollback(True)
    found = [query["sql"] for query in queries if 'FROM "incidents_escalation"' in query["sql"]]
    return [sql for sql in found if sql.startswith("SELECT")][:2]


def explained(sql: str) -> dict[str, Any]:
    """How Postgres answers it: the third of three runs, undone."""
    for _ in range(3):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql)
            found = cursor.fetchone()[0]
            transaction.set_rollback(True)
    [answer] = json.loads(found) if isinstance(found, str) else found
    nodes = list(_nodes(answer["Plan"]))
    return {
        "nodes": [node["Node Type"] for node in nodes],
        "index": [node["Index Name"] for node in nodes if "Index Name" in node],
        "rows": answer["Plan"]["Actual Rows"],
        "heap_fetches": sum(node.get("Heap Fetches", 0) for node in nodes),
        "buffers": answer["Plan"]["Shared Hit Blocks"] + answer["Plan"]["Shared Read Blocks"],
        "planning_ms": answer["Planning Time"],
        "execution_ms": answer["Execution Time"],
    }


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def main(total: int) -> dict[str, Any]:
    """All figures, by name."""
    now = timezone.now()
    wait(total, now)
    # What was just taken back left dead rows: settled before anything is measured, as autovacuum would.
    [look], [busy, claim] = asked(now), asked(now + SOON)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE incidents_escalation")
    found = {
        "waiting": Escalation.objects.running().count(),
        "idle": explained(look),
        f"due_{DUE}": explained(busy),
        f"claim_{DUE}": explained(claim),
        "idle_sweep_ms": _milliseconds(now),
    }
    _clean()
    return found


def _milliseconds(now: datetime) -> float:
    """A whole idle look as the worker has it: Django, the round trip and Postgres; the median of a hundred."""
    idle, taken = partial(sweep, now=now), []
    for _ in range(100):
        began = clock.perf_counter()
        idle()
        taken.append(clock.perf_counter() - began)
    return round(median(taken) * 1000, 2)


def _clean() -> None:
    """No timer of these is left for later phases; their incidents stay, open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM incidents_escalation e USING incidents_incident i"
            " WHERE i.id = e.incident_id AND i.title = %s",
            [TITLE],
        )
        cursor.execute("VACUUM ANALYZE incidents_escalation")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
