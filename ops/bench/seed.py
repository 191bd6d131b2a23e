"""What the bench pages about, made in the stack's database: `base`, `timers` and `pages` (see the functions)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - Django must be set up before models are imported
from django.utils import timezone  # noqa: E402

from accounts.models import Team, User  # noqa: E402
from alerts.actions.integrations import create_integration  # noqa: E402
from alerts.models import Integration, Outcome, Route  # noqa: E402
from catalog.models import Grouping, Service  # noqa: E402
from incidents.actions.opening import Opening, open_for_alerts  # noqa: E402
from incidents.models import Escalation  # noqa: E402
from notifications.actions.deliveries import build, enqueue  # noqa: E402
from notifications.models import ContactMethod, Delivery, DeliveryKind, Urgency  # noqa: E402
from notifications.transports.base import Message  # noqa: E402
from oncall.models import EscalationPolicy, PolicyStep, StepTarget  # noqa: E402

LIMIT = 600


def base() -> dict[str, str]:
    """A service that pages for every alert, and ones on which alerts gather; the integrations' keys."""
    now = timezone.now()
    user = User.objects.create_user("bench@example.test", "not used", name="Bench")
    ContactMethod.objects.create(
        user=user, transport="email", address=user.email, created_at=now, verified_at=now
    )
    team = Team.objects.create(name="Bench", slug="bench")
    policy = EscalationPolicy.objects.create(team=team, name="Bench", repeats=0)
    policy.fallback_people.set([user])
    step = PolicyStep.objects.create(policy=policy, position=0, delay=timedelta(hours=6))
    StepTarget.objects.create(step=step, user=user)
    keys = {}
    for name, grouping in (
        ("each", Grouping.ALERT),
        ("recorded", Grouping.ALERT),
        ("gather", Grouping.SERVICE),
        ("storm", Grouping.SERVICE),
        ("limited", Grouping.SERVICE),
    ):
        service = Service.objects.create(name=name, slug=name, team=team, policy=policy, grouping=grouping)
        _row, keys[name] = create_integration(
            actor=None, kind="pagerduty", name=name, service=service, now=now
        )
    Integration.objects.filter(name="limited").update(limit_per_minute=LIMIT)
    # Of what comes in by "storm", these are another service's.
    Route.objects.create(
        integration=Integration.objects.get(name="storm"),
        name="calm",
        service=Service.objects.get(slug="each"),
        matchers=[{"field": "component", "op": "=", "value": "calm"}],
        created_at=now,
        changed_at=now,
    )
    Route.objects.create(
        integration=Integration.objects.get(name="recorded"),
        name="everything",
        outcome=Outcome.RECORD,
        created_at=now,
        changed_at=now,
    )
    return keys


AHEAD = timedelta(seconds=3)
CHUNK = 1000


def timers(prefix: str, waiting: int, due: int, spread: float) -> None:
    """Escalations that wait, and `due` ones that fall due evenly over `spread` seconds, from three seconds ahead.

    Prints the mark and the moment of each that falls due.
    """
    service = Service.objects.get(slug="each")
    # Opened in the future's name: no first step is due before the moments set below.
    opened_at = timezone.now() + timedelta(hours=1)
    incidents = [
        incident
        for numbers in batched(range(waiting + due), CHUNK)
        for incident in open_for_alerts(
            openings=[opening(service, f"bench-{prefix}-{number}") for number in numbers], now=opened_at
        )
    ]
    falling = Escalation.objects.filter(incident__in=incidents[:due]).select_related("incident")
    rows, first = list(falling.order_by("incident_id")), timezone.now() + AHEAD
    for place, row in enumerate(rows):
        row.next_step_at = first + timedelta(seconds=spread * place / due)
    Escalation.objects.bulk_update(rows, ["next_step_at"])
    for row in rows:
        sys.stdout.write(f"{row.incident.title.removeprefix('bench-')} {row.next_step_at.timestamp():.6f}\n")


def batched(numbers: range, size: int) -> Iterator[range]:
    """The range in parts."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def opening(service: Service, title: str) -> Opening:
    """An incident that pages at high urgency."""
    return Opening(
        service=service,
        title=title,
        summary="",
        urgency=Urgency.HIGH,
        source="bench",
        started_at=timezone.now(),
        entry="Opened by the bench",
    )


def pages(total: int, prefix: str) -> None:
    """Pages in the outbox that all fall due at one instant, a second from when the last of them was written."""
    method, now = (
        ContactMethod.objects.select_related("user").get(address="bench@example.test"),
        timezone.now(),
    )
    subject, far = f"bench:{prefix}", now + timedelta(days=1)
    for numbers in batched(range(total), CHUNK):
        enqueue(deliveries=[_page(method, subject, f"{prefix}-{number}", far) for number in numbers])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE notifications_delivery")
    moment = timezone.now() + timedelta(seconds=1)
    Delivery.objects.filter(subject=subject).update(due_at=moment, scheduled_at=moment)


def _page(method: ContactMethod, subject: str, mark: str, due_at: datetime) -> Delivery:
    message = Message(
        kind=DeliveryKind.PAGE,
        headline=f"bench-{mark} disk is nearly full, you are paged (step 1 of 1)",
        intro="Clear old WAL.",
        facts=(("Service", "each"), ("Urgency", "High"), ("Why you", "Bench, step 1 of 1")),
        url="http://127.0.0.1/incidents/1/",
        link_text="Open the incident",
        thread=mark,
    )
    return build(
        method=method,
        key=f"bench:{mark}",
        group=f"bench:{mark}",
        kind=DeliveryKind.PAGE,
        subject=subject,
        message=message,
        now=due_at,
        due_at=due_at,
        reason={},
    )


if __name__ == "__main__":
    if sys.argv[1] == "base":
        sys.stdout.write(json.dumps(base()))
    elif sys.argv[1] == "timers":
        timers(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    else:
        pages(int(sys.argv[2]), sys.argv[3])
