"""A hand in the stack's database: opens incidents, acknowledges, reads the ledger. One process, a JSON line for each.

Run as a program with the stack's environment. It reads `{"do": verb, …}` and answers with one line.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import close_old_connections, connection, transaction  # noqa: E402 - Django must be set up first
from django.utils import timezone  # noqa: E402

from accounts.models import Team  # noqa: E402
from alerts.actions.integrations import create_integration  # noqa: E402
from catalog.models import Grouping, Service  # noqa: E402
from incidents.actions.opening import Opening, open_for_alerts  # noqa: E402
from incidents.actions.timeline import lock  # noqa: E402
from incidents.actions.transitions import acknowledge  # noqa: E402
from incidents.models import Escalation, Incident  # noqa: E402
from lib.sealing import seal  # noqa: E402
from lib.signing import new_secret  # noqa: E402
from notifications.models import Attempt, ContactMethod, Delivery, Urgency  # noqa: E402
from oncall.models import EscalationPolicy, PolicyStep, StepTarget  # noqa: E402
from tests import making  # noqa: E402

STEP = timedelta(hours=6)


def prepare(mailed: int, hooked: int, hook: str) -> dict[str, Any]:
    """People with a service each: `mailed` by e-mail, `hooked` by a webhook below the address `hook`."""
    now, team = timezone.now(), Team.objects.create(name="Faults", slug="faults")
    found: dict[str, str] = {}
    for number in range(mailed + hooked):
        by_mail = number < mailed
        address = f"person{number}@example.test" if by_mail else f"{hook}/person{number}"
        _service(team, number, "email" if by_mail else "webhook", address, now)
        found[f"service{number}"] = address
    _row, key = create_integration(
        actor=None, kind="pagerduty", name="faults", service=Service.objects.get(slug="service0"), now=now
    )
    return {"to": found, "key": key}


def door(slug: str) -> dict[str, Any]:
    """One more integration, of that service; its key."""
    service = Service.objects.get(slug=slug)
    name = f"door {service.integrations.count()}"
    _row, key = create_integration(
        actor=None, kind="pagerduty", name=name, service=service, now=timezone.now()
    )
    return {"key": key}


def _service(team: Team, number: int, transport: str, address: str, now: datetime) -> None:
    user = making.make_user(f"Person {number}", email=f"person{number}@example.test", reachable=False)
    ContactMethod.objects.create(
        user=user,
        transport=transport,
        address=address,
        secret=seal(new_secret()) if transport == "webhook" else "",
        created_at=now,
        verified_at=now,
    )
    policy = EscalationPolicy.objects.create(team=team, name=f"Policy {number}", repeats=0)
    policy.fallback_people.set([user])
    step = PolicyStep.objects.create(policy=policy, position=0, delay=STEP)
    StepTarget.objects.create(step=step, user=user)
    Service.objects.create(
        name=f"service{number}", slug=f"service{number}", team=team, policy=policy, grouping=Grouping.ALERT
    )


def open_(prefix: str, slugs: list[str], total: int, first: float, spread: float) -> dict[str, Any]:
    """`total` incidents of these services in turn, whose first pages are due evenly over `spread` seconds."""
    now, services = timezone.now(), {each.slug: each for each in Service.objects.all()}
    openings = [
        Opening(
            service=services[slugs[number % len(slugs)]],
            title=f"bench-{prefix}-{number}",
            summary="",
            urgency=Urgency.HIGH,
            source="faults",
            started_at=now,
            entry="Opened by a fault test",
        )
        for number in range(total)
    ]
    due = {f"{prefix}-{number}": first + spread * number / total for number in range(total)}
    with transaction.atomic():
        # Opened in the future's name: their first step is not due before the moments set below.
        incidents = open_for_alerts(openings=openings, now=now + STEP)
        escalations = list(Escalation.objects.filter(incident__in=incidents).select_related("incident"))
        for each in escalations:
            each.next_step_at = datetime.fromtimestamp(due[name_of(each.incident)], UTC)
        Escalation.objects.bulk_update(escalations, ["next_step_at"])
    return {name_of(each): [each.pk, each.service.slug, due[name_of(each)]] for each in incidents}


def name_of(incident: Incident) -> str:
    """The mark that its pages carry."""
    return incident.title.removeprefix("bench-")


def ack(ids: list[int]) -> dict[str, Any]:
    """Acknowledge those whose page is in nobody's hands just then; when each was committed."""
    found: dict[str, float] = {}
    for number in ids:
        with transaction.atomic():
            incident = lock(number)
            rows = (
                Delivery.objects.select_for_update(of=("self",))
                .about(f"incident:{number}")
                .filter(kind="page")
            )
            free = all(row.state == "pending" for row in rows)
            if free:
                acknowledge(incident_id=number, actor=None, now=timezone.now(), via="a test")
        if free:
            found[name_of(incident)] = time.time()
    return found


def ledger(prefix: str) -> dict[str, Any]:
    """Of each page: its state and its attempts, as (worker, answered, succeeded, may be a repeat)."""
    incidents = Incident.objects.filter(title__startswith=f"bench-{prefix}-")
    titles = {f"incident:{each.pk}": name_of(each) for each in incidents}
    pages = Attempt.objects.filter(delivery__subject__in=titles, delivery__kind="page")
    rows = pages.select_related("delivery").order_by("delivery_id", "number")
    found: dict[str, Any] = {}
    for row in rows:
        page = found.setdefault(titles[row.delivery.subject], {"state": row.delivery.state, "tries": []})
        page["tries"].append([row.worker, row.answered_at is not None, row.succeeded, row.repeats_unknown])
    return found


VERBS: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "door": door,
    "open": open_,
    "ack": ack,
    "ledger": ledger,
}


def main() -> None:
    """Answer until the other end is closed."""
    for line in sys.stdin:
        asked = json.loads(line)
        close_old_connections()
        answer = VERBS[asked.pop("do")](**asked)
        connection.close()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
